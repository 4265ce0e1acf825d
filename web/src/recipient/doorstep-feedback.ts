/**
 * `<doorstep-feedback>`: rating a delivery, on our tracking page or a shop's own.
 *
 *   <script type="module" src="https://…/embed/doorstep-feedback.js"></script>
 *   <doorstep-feedback link="https://…/t/0x…#…"></doorstep-feedback>
 *
 * Attributes: `link` (the whole tracking link), `api` (the service's origin; by default the script's own), `lang` (by
 * default the page's),
 * `theme` (`light`, `dark`, `auto`; by default the page's). Properties besides: `deliveryId` and `secret`.
 * Custom properties: `--doorstep-accent`, `--doorstep-on-accent`, `--doorstep-font`. Parts: `card`, `heading`, `form`,
 * `submit`, `keep`. Events (bubbling, composed): see `FeedbackEvents`.
 */

import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { parseLink } from '../core/links.ts';
import type { Draft } from '../device/records.ts';
import { controls } from '../look/controls.ts';
import '../look/d-state.ts';
import type { Words } from '../words/words.ts';
import { Editing } from './editing.ts';
import { type FeedbackEvents, Telling } from './feedback-events.ts';
import { isOpen, nameOf, type Snapshot, shipperOf, standing, type View, viewOf } from './flow.ts';
import { wordsFor } from './languages.ts';
import './keep-access.ts';
import type { OutcomeView } from './outcome-view.ts';
import './rating-form.ts';
import type { Submission } from './rating-form.ts';
import './sent-feedback.ts';
import './standing-feedback.ts';
import './taken-over.ts';
import { hostTokens } from './shadow-tokens.ts';
import { driversOf, situationOf } from './situation.ts';
import { moment } from './times.ts';
import { Visit } from './visit.ts';

const TICK_MS = 15_000;
@customElement('doorstep-feedback')
export class DoorstepFeedback extends LitElement {
  @property() link = '';
  @property({ attribute: false }) deliveryId = '';
  @property({ attribute: false }) secret = '';
  @property() api = new URL(import.meta.url).origin;
  @property() override lang = '';
  @property({ reflect: true }) theme = '';
  /** Given by our own page, which shows the same visit; without, the component makes its own. */
  @property({ attribute: false }) visit: Visit | null = null;
  @property({ attribute: false }) words: Words | null = null;
  @state() private seen: Snapshot | null = null;
  @state() private time = Date.now();
  #own: Visit | null = null;
  readonly #editing = new Editing(this);
  readonly #telling = new Telling();
  /** The focus was on what became of the feedback: it goes along when that is shown by another element. */
  #read = false;
  #tick: ReturnType<typeof setInterval> | undefined;

  static override styles = [
    hostTokens,
    controls,
    css`
      :host {
        display: block;
        color: var(--d-ink);
        font-family: var(--d-font);
        line-height: var(--d-leading);
      }
      .card {
        display: grid;
        gap: var(--d-4);
      }
      summary {
        min-block-size: var(--d-touch);
        align-content: center;
        color: var(--d-accent);
        font-weight: 600;
        cursor: pointer;
      }
    `,
  ];

  override connectedCallback() {
    super.connectedCallback();
    if (this.hasUpdated) this.#attend(); // Moved in the page: what it followed was closed.
    this.#tick = setInterval(() => {
      this.time = Date.now();
    }, TICK_MS);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#tick);
    this.#own?.close();
  }

  override willUpdate(changed: PropertyValues) {
    this.#read = this.shadowRoot?.activeElement?.localName === 'sent-feedback';
    if (this.visit === null || this.visit === this.#own) {
      if (changed.has('lang') || this.words === null) void this.#load();
    }
    if (['link', 'deliveryId', 'secret', 'api', 'visit'].some((name) => changed.has(name))) this.#attend();
  }

  override render() {
    const { words, seen } = this;
    if (words === null) return html`<d-state kind="loading"></d-state>`;
    const { failed } = this.#editing;
    const view = seen === null ? this.#unvisited() : viewOf(seen, this.time);
    return html`<section class="card" part="card" aria-label=${words.t('form.heading')}>
      <p class="visually-hidden" role="status">${this.#news(view, words)}</p>
      ${failed === '' ? nothing : html`<p class="note bad" role="alert">${words.t(failed)}</p>`}
      ${seen === null ? this.#plain(view) : this.#content(view, seen, words)}
    </section>`;
  }

  override updated() {
    if (this.#read && this.renderRoot.querySelector('sent-feedback') === null) void this.#focusOutcome();
    if (this.seen === null) return;
    for (const [name, detail] of this.#telling.of(viewOf(this.seen, this.time), this.seen))
      this.#send(name, detail);
  }

  #content(view: View, seen: Snapshot, words: Words) {
    const { delivery } = seen;
    if (delivery === null) {
      if (view === 'taken-over') return this.#takenOver(seen);
      return this.#plain(view);
    }
    switch (view) {
      case 'form':
        return this.#form(seen);
      case 'recorded':
        if (this.#editing.open) return this.#form(seen);
        return html`<standing-feedback
          .words=${words}
          .seen=${seen}
          .open=${isOpen(delivery, this.time)}
          @amend=${(event: CustomEvent<Draft>) => this.#editing.amend(event.detail)}
          @withdraw=${() => void this.#withdraw()}
          @erase=${() => void this.#editing.erase()}
        ></standing-feedback>
        ${this.#keep(seen)}`;
      case 'waiting':
      case 'accepted':
      case 'overdue':
      case 'refused':
        if (this.#editing.open) return this.#form(seen);
        return html`<sent-feedback
          .words=${words}
          .seen=${seen}
          .view=${view}
          .visit=${this.visit}
          @change-it=${() => seen.outgoing && this.#editing.reopen(seen.outgoing)}
          @drop-it=${() => void this.visit?.drop()}
          @again=${() => void this.#again()}
        ></sent-feedback>`;
      case 'too-early':
        return html`${this.#heading(words.t('early.heading'))}
          <p>${words.t('early.text', { time: moment(words, delivery.promised_by) })}</p>`;
      case 'closed':
        return html`${this.#heading(words.t('closed.heading'))}
          <p>${words.t('closed.text')}</p>`;
      case 'taken-over':
        return this.#takenOver(seen);
      default:
        return this.#plain(view);
    }
  }

  /** What a screen reader says by itself when the view changes. */
  #news(view: View, words: Words): string {
    const { outgoing, online } = this.seen ?? {};
    if (view === 'waiting') return words.t(online ? 'sending.heading' : 'waiting.heading');
    if (view === 'accepted' || view === 'overdue' || view === 'refused') return words.t(`${view}.heading`);
    if (view === 'recorded' && outgoing?.block)
      return words.t('standing.heading', { block: words.number(outgoing.block) });
    return '';
  }

  #heading(text: string) {
    return html`<h2 id="heading" part="heading" tabindex="-1">${text}</h2>`;
  }

  #form(seen: Snapshot) {
    const words = this.words as Words;
    const { delivery, ledger } = seen;
    if (delivery === null) return nothing;
    const { open: amends, amendment, busy } = this.#editing;
    return html`${this.#heading(words.t(amends ? 'form.headingAgain' : 'form.heading'))}
      ${seen.forgetful ? html`<p class="note watch">${words.t('device.forgetful')}</p>` : nothing}
      <rating-form
        part="form"
        exportparts="submit"
        .words=${words}
        .situation=${situationOf(delivery, seen.entries, this.time)}
        .drivers=${driversOf(delivery)}
        .carrier=${nameOf(ledger, delivery.carrier) ?? ''}
        .draft=${amendment ?? this.visit?.draft}
        .amends=${amends}
        .busy=${busy}
        @touched=${this.#warm}
        @drafted=${(event: CustomEvent<Draft>) => this.#editing.drafted(event.detail)}
        @submitted=${(event: CustomEvent<Submission>) => void this.#submit(event.detail)}
        @cancelled=${() => this.#editing.leave()}
      ></rating-form>`;
  }

  /** Alone on a shop's page, whose origin keeps the seed: only here can it be taken along. */
  #keep(seen: Snapshot) {
    if (this.visit !== this.#own || seen.possession === null) return nothing;
    return html`<details part="keep">
      <summary>${this.words?.t('keep.heading')}</summary>
      <keep-access bare .words=${this.words} .seed=${seen.possession.seed}></keep-access>
    </details>`;
  }

  #takenOver(seen: Snapshot) {
    const id = this.visit?.link.deliveryId;
    return html`<taken-over
      .words=${this.words}
      .seen=${seen}
      .shop=${id === undefined ? null : nameOf(seen.ledger, shipperOf(id))}
      .visit=${this.visit}
    ></taken-over>`;
  }

  #plain(view: View) {
    const words = this.words as Words;
    const kinds: Partial<Record<View, 'loading' | 'offline' | 'error'>> = {
      loading: 'loading',
      'not-yet': 'loading',
      unreachable: 'offline',
    };
    const retry = view === 'unreachable' || view === 'failed';
    return html`<h2 id="heading" class="visually-hidden">${words.t('form.heading')}</h2>
      <d-state
        kind=${kinds[view] ?? 'error'}
        heading=${words.t(`state.${view}.heading`)}
        detail=${words.has(`state.${view}.text`) ? words.t(`state.${view}.text`) : ''}
        action=${retry ? words.t('state.retry') : ''}
        @act=${() => void this.visit?.refresh()}
      ></d-state>`;
  }

  async #load() {
    // The page's language, where it says one; else the reader's.
    this.words = await wordsFor(this.lang || document.documentElement.lang || null);
  }

  /** Makes the visit that the attributes ask for, or attends to the one that was given. */
  #attend() {
    if (this.visit === null || this.visit === this.#own) {
      const given = this.#parse();
      this.#own?.close();
      this.#own = given === null ? null : new Visit(given, this.#service());
      this.visit = this.#own;
      void this.#own?.open();
    }
    this.seen = this.visit?.now ?? null;
    this.visit?.addEventListener('change', this.#changed);
    if (this.#unvisited() === 'wrong-link') this.#send('doorstep-error', { reason: 'wrong-link' });
  }

  /** A link may still be given; one that was given and is none is wrong. */
  #unvisited(): View {
    return this.visit === null && (this.link !== '' || this.deliveryId !== '') ? 'wrong-link' : 'loading';
  }

  #changed = () => {
    this.seen = this.visit?.now ?? null;
    this.time = Date.now();
  };

  #service(): string {
    const { origin } = new URL(this.api, location.href);
    return origin === location.origin ? '' : origin;
  }

  #parse() {
    if (this.deliveryId !== '') return parseLink(`/t/${this.deliveryId}`, this.secret);
    try {
      const url = new URL(this.link, location.href);
      return parseLink(url.pathname, url.hash);
    } catch {
      return null;
    }
  }

  /** Loads what signs while the reader is still choosing. */
  #warm = () => {
    void import('./submitting.ts');
    void import('./sending.ts');
    void import('./holding.ts');
  };

  async #withdraw() {
    const stands = standing(this.seen?.entries ?? []);
    if (stands !== null) await this.#signed(this.#editing.withdraw(stands.item.driver, this.#language));
  }

  async #again() {
    const sent = this.seen?.outgoing;
    if (sent != null) await this.#signed(this.#editing.again(sent, this.#language));
  }

  async #submit(submission: Submission) {
    await this.#signed(this.#editing.submit(submission, this.#language));
  }

  get #language(): string {
    return this.words?.language ?? 'en';
  }

  /** What had the focus is gone once it is signed: reading goes on at what came of it. */
  async #signed(signing: Promise<boolean>) {
    if (!(await signing)) return;
    await this.updateComplete;
    await this.#focusOutcome();
  }

  async #focusOutcome() {
    await this.renderRoot.querySelector<OutcomeView>('sent-feedback, standing-feedback')?.focusHeading();
  }

  #send<Name extends keyof FeedbackEvents>(name: Name, detail: FeedbackEvents[Name]) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'doorstep-feedback': DoorstepFeedback;
  }
  interface HTMLElementEventMap {
    'doorstep-accepted': CustomEvent<FeedbackEvents['doorstep-accepted']>;
    'doorstep-recorded': CustomEvent<FeedbackEvents['doorstep-recorded']>;
    'doorstep-rejected': CustomEvent<FeedbackEvents['doorstep-rejected']>;
    'doorstep-taken-over': CustomEvent<FeedbackEvents['doorstep-taken-over']>;
    'doorstep-error': CustomEvent<FeedbackEvents['doorstep-error']>;
  }
}
