/**
 * `<doorstep-feedback>`: rating a delivery, on our tracking page or a shop's own.
 *
 *   <script type="module" src="https://…/embed/doorstep-feedback.js"></script>
 *   <doorstep-feedback link="https://…/t/0x…#…"></doorstep-feedback>
 *
 * Attributes: `link` (the whole tracking link; without one nothing shows), `api` (the service's origin; by default the
 * script's own), `lang` (by default that of the page around it, also where that changes),
 * `theme` (`light`, `dark`, `auto`; by default the page's). Properties besides: `deliveryId` and `secret`.
 * Custom properties: `--doorstep-accent`, `--doorstep-on-accent`, `--doorstep-font`. Parts: `card`, `heading`, `form`,
 * `submit`, `keep`. Events (bubbling, composed): see `FeedbackEvents`.
 */

import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { parseLink } from '../core/links.ts';
import type { Draft } from '../device/records.ts';
import { controls } from '../look/controls.ts';
import '../look/d-state.ts';
import { isWithdrawn } from '../service/feedback.ts';
import type { Words } from '../words/words.ts';
import { Editing } from './editing.ts';
import { type FeedbackEvents, Telling } from './feedback-events.ts';
import {
  isOpen,
  nameOf,
  type Snapshot,
  shipperOf,
  standing,
  type View,
  viewOf,
  waitingKind,
} from './flow.ts';
import { KeepFocus } from './focus.ts';
import { wordsFor } from './languages.ts';
import './keep-access.ts';
import { PageLanguage } from './page-language.ts';
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
/** What the visit depends on. */
const ASKED_FOR = ['link', 'deliveryId', 'secret', 'api', 'visit'] as const;

@customElement('doorstep-feedback')
export class DoorstepFeedback extends LitElement {
  @property() link = '';
  @property({ attribute: false }) deliveryId = '';
  @property({ attribute: false }) secret = '';
  @property() api = '';
  @property() override lang = '';
  @property({ reflect: true }) theme = '';
  /** Given by our own page, which shows the same visit; without, the component makes its own. */
  @property({ attribute: false }) visit: Visit | null = null;
  @property({ attribute: false }) words: Words | null = null;
  @state() private seen: Snapshot | null = null;
  @state() private time = Date.now();
  #own: Visit | null = null;
  #attended: Visit | null = null;
  #due = false;
  #editing = new Editing(this, null);
  readonly #telling = new Telling();
  readonly #around = new PageLanguage(this);
  /** The language that was asked for last. */
  #asked: string | null = null;
  #view: View = 'loading';
  #scene = '';
  /** The view that the focus was moved to: what is read there is not said besides. */
  #read: View | null = null;
  /** The form was left without sending: the focus goes back to where it was opened. */
  #back = false;
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

  constructor() {
    super();
    new KeepFocus(this, () => {
      const back = this.#back;
      this.#back = false;
      return back ? ['change', 'change-it', 'heading'] : ['heading'];
    });
  }

  override connectedCallback() {
    super.connectedCallback();
    this.#due = true; // Also when it is moved in the page: what it followed was closed.
    this.requestUpdate();
    this.#tick = setInterval(() => {
      this.time = Date.now();
    }, TICK_MS);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#tick);
    this.#own?.close();
    this.#attended?.removeEventListener('change', this.#changed);
  }

  override willUpdate(changed: PropertyValues) {
    this.#due ||= ASKED_FOR.some((name) => changed.has(name));
    // Out of the page nothing is opened: nobody would close it.
    if (this.#due && this.isConnected) this.#attend();
    if (this.visit === null || this.visit === this.#own) void this.#speak(this.lang || this.#around.now);
    this.#view = this.seen === null ? this.#unvisited() : viewOf(this.seen, this.time);
    const scene = sceneOf(this.#view, this.#editing.open);
    if (scene === this.#scene) return;
    this.#scene = scene;
    this.#read = this.shadowRoot?.activeElement == null ? null : this.#view;
  }

  override render() {
    const { words, seen } = this;
    const view = this.#view;
    if (seen === null && view === 'loading') return nothing; // No link yet: nothing to look up.
    if (words === null) return html`<d-state kind="loading"></d-state>`;
    const { failed } = this.#editing;
    return html`<section class="card" part="card" lang=${words.language} aria-label=${words.t('form.heading')}>
      <p class="visually-hidden" role="status">${view === this.#read ? nothing : this.#news(view, words)}</p>
      ${failed === '' ? nothing : html`<p class="note bad" role="alert">${words.t(failed)}</p>`}
      ${keyed(this.visit, seen === null ? this.#plain(view) : this.#content(view, seen, words))}
    </section>`;
  }

  override updated() {
    for (const [name, detail] of this.#telling.of(this.#view, this.seen)) this.#send(name, detail);
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
          exportparts="heading"
          .words=${words}
          .seen=${seen}
          .open=${isOpen(delivery, this.time)}
          .begun=${this.visit?.change != null}
          .shop=${nameOf(seen.ledger, delivery.shipper) ?? ''}
          .carrier=${nameOf(seen.ledger, delivery.carrier) ?? ''}
          @amend=${(event: CustomEvent<Draft>) => this.#editing.amend(event.detail)}
          @drop-change=${() => void this.visit?.dropChange()}
          @withdraw=${this.#withdraw}
          @erase=${() => void this.#editing.erase()}
        ></standing-feedback>
        ${this.#keep(seen)}`;
      case 'waiting':
      case 'accepted':
      case 'overdue':
      case 'refused':
        if (this.#editing.open) return this.#form(seen);
        return html`<sent-feedback
          exportparts="heading"
          .words=${words}
          .seen=${seen}
          .view=${view}
          .visit=${this.visit}
          @change-it=${() => seen.outgoing && this.#editing.reopen(seen.outgoing)}
          @drop-it=${() => void this.visit?.drop()}
          @again=${() => seen.outgoing && void this.#editing.again(seen.outgoing, words.language)}
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
    const { outgoing, entries } = this.seen ?? {};
    if (view === 'waiting' && this.seen !== null) return words.t(`${waitingKind(this.seen)}.heading`);
    if (view === 'accepted' || view === 'overdue' || view === 'refused') return words.t(`${view}.heading`);
    const stands = standing(entries ?? []);
    if (view !== 'recorded' || !outgoing?.block || stands === null) return '';
    const heading = isWithdrawn(stands.item) ? 'standing.headingWithdrawn' : 'standing.heading';
    return words.t(heading, { block: words.number(outgoing.block) });
  }

  #heading(text: string) {
    return html`<h2 id="heading" part="heading" tabindex="-1">${text}</h2>`;
  }

  #form(seen: Snapshot) {
    const words = this.words as Words;
    const { delivery, ledger } = seen;
    if (delivery === null) return nothing;
    const { open: amends, amendment, busy, newer } = this.#editing;
    const situation = situationOf(delivery, seen.entries, this.time);
    return html`${this.#heading(words.t(amends ? 'form.headingAgain' : 'form.heading'))}
      ${
        seen.lack === null
          ? nothing
          : html`<p class="note watch">
              ${words.t(`device.${seen.lack}`)} ${words.t(seen.possession === null ? 'device.link' : 'device.own')}
            </p>`
      }
      <div role="status">
        ${newer === null ? nothing : html`<p class="note watch">${words.t('form.newer', { revision: newer })}</p>`}
      </div>
      <rating-form
        part="form"
        exportparts="submit"
        .words=${words}
        .situation=${situation}
        .drivers=${driversOf(delivery, situation.reports)}
        .carrier=${nameOf(ledger, delivery.carrier) ?? ''}
        .draft=${amendment ?? this.visit?.draft}
        .amends=${amends}
        .busy=${busy}
        @touched=${this.#warm}
        @drafted=${(event: CustomEvent<Draft>) => this.#editing.drafted(event.detail)}
        @submitted=${({ detail }: CustomEvent<Submission>) => void this.#editing.submit(detail, words.language)}
        @cancelled=${this.#cancel}
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
      exportparts="heading"
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
    return html`<h2 id="heading" class="visually-hidden" tabindex="-1">${words.t('form.heading')}</h2>
      <d-state
        exportparts="heading"
        kind=${kinds[view] ?? 'error'}
        heading=${words.t(`state.${view}.heading`)}
        detail=${words.has(`state.${view}.text`) ? words.t(`state.${view}.text`) : ''}
        action=${retry ? words.t('state.retry') : ''}
        @act=${() => void this.visit?.refresh()}
      ></d-state>`;
  }

  /** In the language that is asked for, or the reader's where none is. */
  async #speak(asked: string) {
    if (asked === this.#asked) return;
    this.#asked = asked;
    const words = await wordsFor(asked || null);
    if (asked === this.#asked) this.words = words;
  }

  /** Makes the visit that the attributes ask for, or attends to the one that was given; leaves all of the former one. */
  #attend() {
    this.#due = false;
    this.#attended?.removeEventListener('change', this.#changed);
    if (this.visit === null || this.visit === this.#own) {
      const given = this.#parse();
      const service = this.#service();
      this.#own?.close();
      this.#own = given === null || service === null ? null : new Visit(given, service);
      this.visit = this.#own;
      void this.#own?.open();
    }
    this.#attended = this.visit;
    this.#editing = new Editing(this, this.visit);
    this.#telling.anew();
    this.#back = false;
    this.seen = this.visit?.now ?? null;
    this.visit?.addEventListener('change', this.#changed);
  }

  /** A link may still be given; one that was given and is none is wrong. */
  #unvisited(): View {
    if (!this.link && !this.deliveryId) return 'loading';
    return this.#service() === null ? 'wrong-api' : 'wrong-link';
  }

  #changed = () => {
    this.seen = this.visit?.now ?? null;
    this.time = Date.now();
  };

  /** Returns where the service is, '' for where the page is; null where `api` says no place. */
  #service(): string | null {
    const api = this.api || new URL(import.meta.url).origin;
    const base = api.startsWith('/') ? location.href : undefined;
    if (!URL.canParse(api, base)) return null;
    const { origin, protocol } = new URL(api, base);
    if (protocol !== 'https:' && protocol !== 'http:') return null;
    return origin === location.origin ? '' : origin;
  }

  #parse() {
    if (this.deliveryId) return parseLink(`/t/${this.deliveryId}`, this.secret);
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

  #cancel = () => {
    this.#back = true;
    this.#editing.leave();
  };

  #withdraw = () => {
    const stands = standing(this.seen?.entries ?? []);
    if (stands !== null) void this.#editing.withdraw(stands.item.driver, this.words?.language ?? 'en');
  };

  #send<Name extends keyof FeedbackEvents>(name: Name, detail: FeedbackEvents[Name]) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

/** Views that one element shows, so that what has the focus stays. */
function sceneOf(view: View, editing: boolean): string {
  if (!['waiting', 'accepted', 'overdue', 'refused', 'recorded'].includes(view)) return view;
  if (editing) return 'form';
  return view === 'recorded' ? view : 'sent';
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
