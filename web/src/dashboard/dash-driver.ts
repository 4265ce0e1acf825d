/** `<dash-driver>`: one driver: standing and why, what would change it, all figures, course, issues, comments, record. */

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../look/d-standing.ts';
import '../look/save-file.ts';
import './dash-as-of.ts';
import './dash-entries.ts';
import './dash-feedback.ts';
import './dash-figures.ts';
import './dash-series.ts';
import { ISSUES, type IssueName } from '../core/vocabulary.ts';
import { controls } from '../look/controls.ts';
import { Held } from '../look/held.ts';
import type { Entry, FeedbackEntry, Reputation } from '../service/models.ts';
import { conditions, isWorthSaying, KINDS, outlook, TRIED } from './change.ts';
import { feedbackCsv } from './csv.ts';
import { figureCell, tooFew } from './driver-cells.ts';
import { amount } from './figures.ts';
import { fresh } from './fresh.ts';
import { asOfOf } from './instant.ts';
import { type Voice, voices } from './issues.ts';
import { issuesCard, issuesStyles } from './issues-card.ts';
import type { Live, Moved } from './live.ts';
import { Load } from './load.ts';
import { THRESHOLDS } from './marks.ts';
import { go, link, type Place } from './routes.ts';
import { feedbackOf } from './serious.ts';
import type { Page, Session } from './session.ts';
import { shared } from './styles.ts';

const RECENT = 50;
const COMMENTS = 100;
/** Of the service, for one page; all of a driver's feedback is read so. */
const LARGEST_PAGE = 1000;

/** Properties: `session`, `place` (of a driver), `live`. */
@customElement('dash-driver')
export class DashDriver extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) place!: Place;
  @property({ attribute: false }) live!: Live;
  readonly #reputation = new Load<Reputation>(this, (signal) =>
    this.session.get(`/v1/drivers/${this.#driver}/reputation`, { as_of: this.#asOf }, signal),
  );
  readonly #voices = new Held<Voice>(({ newest }) => `${newest.delivery_id} ${newest.driver}`);
  readonly #entries = new Held<Entry>((one) => `${one.block}/${one.log_index}`);
  readonly #feedback = new Load<FeedbackEntry[]>(
    this,
    (signal) => this.#readFeedback(signal),
    (found, anew) => this.#hold(this.#voices, voices(found), anew),
  );
  readonly #history = new Load<Entry[]>(
    this,
    (signal) => this.#readHistory(signal),
    (found, anew) => this.#hold(this.#entries, found, anew),
  );
  /** Whether entries that show may be on the record no more: then lists are shown as they are read. */
  #rewound = false;

  static override styles = [
    controls,
    shared,
    issuesStyles,
    css`
      .title {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--d-2) var(--d-4);
      }
      .two {
        display: grid;
        align-items: start;
        grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr));
        gap: var(--d-5);
      }
      .two > * {
        min-inline-size: 0;
      }
      .plain-list {
        display: grid;
        gap: var(--d-2);
        padding-inline-start: 1.2em;
      }
      .ways {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 var(--d-5);
      }
      .save {
        margin-block-start: var(--d-3);
      }
      d-fresh {
        --d-fresh-ground: var(--d-ground);
      }
      .glance {
        max-inline-size: 26rem;
        margin-block-end: var(--d-4);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.live.addEventListener('changed', this.#changed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.live.removeEventListener('changed', this.#changed);
  }

  override willUpdate(): void {
    const key = `${this.#driver} as of ${this.#asOf}`;
    this.#reputation.want(key);
    this.#feedback.want(`${key} ${this.#issue !== null}`);
    this.#history.want(key);
  }

  protected override updated(changed: PropertyValues<this>): void {
    const before = changed.get('place');
    const isSame = before?.driver === this.place.driver && before?.query.issue !== this.place.query.issue;
    if (isSame && this.#reputation.value !== null)
      this.renderRoot.querySelector<HTMLElement>('#comments')?.focus();
  }

  #hold<T>(list: Held<T>, found: readonly T[], anew: boolean): void {
    if (anew || this.#rewound) list.show(found);
    else list.offer(found);
  }

  /** The issue that the link names: what recipients said is shown where they named it. */
  get #issue(): IssueName | null {
    return ISSUES.find((one) => one === this.place.query.issue) ?? null;
  }

  get #driver(): number {
    return this.place.driver ?? 0;
  }

  get #asOf(): string | null {
    return asOfOf(this.place.query);
  }

  override render() {
    const words = this.session.words;
    const found = this.#reputation.value;
    return html`<div class="stack">
      <div>
        <nav class="ways" aria-label=${words.t('driver.ways')}>
          <a class="touch" href=${link('drivers', null, { as_of: this.#asOf })}>${words.t('driver.all')}</a>
          <a class="touch" target="_blank" href=${`/explorer/drivers/${this.#driver}`}>${words.t('explorer')}</a>
        </nav>
        <div class="head">
          <div class="title">
            <h1 tabindex="-1">${words.t('driver.number', { number: String(this.#driver) })}</h1>
            ${
              found === null
                ? nothing
                : html`<d-standing
                    standing=${found.standing}
                    label=${words.t(`standing.${found.standing}`)}
                  ></d-standing>`
            }
          </div>
          <dash-as-of
            .words=${words}
            .value=${this.#asOf}
            @dash-as-of=${(event: CustomEvent<string | null>) =>
              go(this, link('drivers', this.#driver, { as_of: event.detail }))}
          ></dash-as-of>
        </div>
      </div>
      ${found === null ? this.#reputation.instead(words, words.t('driver.reputation')) : this.#body(found)}
    </div>`;
  }

  #body(found: Reputation): TemplateResult {
    const words = this.session.words;
    const t = words.t.bind(words);
    const asOf = { time: words.time(found.as_of), block: String(found.block?.number ?? '—') };
    const came = this.#entries.waiting.length;
    return html`${fresh(
      words,
      t('drivers.as-of-line', asOf),
      [this.#reputation, this.#feedback, this.#history],
      {
        offer: came === 0 ? '' : t('driver.came', { count: came }),
        show: () => void this.#show(),
      },
    )}
      <div class="two">${this.#why(found)} ${this.#change(found)}</div>
      <section class="card" aria-labelledby="series">
        <h2 id="series">${t('series.title')}</h2>
        <dash-series
          .session=${this.session}
          .live=${this.live}
          .driver=${this.#driver}
          .asOf=${this.#asOf}
        ></dash-series>
      </section>
      <div class="two">
        <div class="stack">
          ${issuesCard(words, found, this.#driver, this.#asOf, this.#issue)}
          <section class="card" aria-labelledby="comments">
            <h2 id="comments" tabindex="-1">${t('comments.title')}</h2>
            ${this.#comments()}
          </section>
        </div>
        ${this.#recent()}
      </div>
      <section class="card" aria-labelledby="figures">
        <h2 id="figures">${t('figures.title')}</h2>
        <dash-figures .words=${words} .reputation=${found}></dash-figures>
      </section>`;
  }

  #why(found: Reputation): TemplateResult {
    const words = this.session.words;
    return html`<section class="card" aria-labelledby="why">
      <h2 id="why">${words.t('why.title')}</h2>
      <div class="glance">
        ${
          found.standing === 'insufficient'
            ? html`<p>${tooFew(words, found)}</p>`
            : figureCell(words, found.figures.overall, 'stars', THRESHOLDS)
        }
      </div>
      <ul class="plain-list">
        ${found.reasons.map((reason) => html`<li>${reason}</li>`)}
      </ul>
    </section>`;
  }

  #change(found: Reputation): TemplateResult {
    const words = this.session.words;
    const seen = outlook(found);
    const { overall, conduct } = found.figures;
    const present = {
      low: overall === undefined ? '' : amount(words, overall.low, 'stars'),
      high: overall === undefined ? '' : amount(words, overall.high, 'stars'),
      least: conduct === undefined ? '' : amount(words, conduct.low, 'share', 1),
      most: conduct === undefined ? '' : amount(words, conduct.high, 'share', 1),
    };
    return html`<section class="card" aria-labelledby="change">
      <h2 id="change">${words.t('change.title')}</h2>
      <ul class="plain-list">
        ${conditions(found.standing).map((key) => html`<li>${words.t(key, present)}</li>`)}
        ${seen.missing === null ? nothing : html`<li>${words.t('change.missing', { count: seen.missing })}</li>`}
        ${seen.steps
          .filter((one) => isWorthSaying(found.standing, one))
          .map(({ kind, step }) => {
            const name = `change.kind.${KINDS.indexOf(kind)}`;
            if (step === null)
              return html`<li>${words.t('change.never', { count: TRIED, what: words.t(name, { count: TRIED }) })}</li>`;
            const standing = words.t(`standing.${step.standing}`);
            return html`<li>${words.t(name, { count: step.count })}: <strong>${standing}</strong></li>`;
          })}
        ${seen.fadesIn === null ? nothing : html`<li>${words.t('change.fades', { count: seen.fadesIn })}</li>`}
      </ul>
      <p class="soft small">${words.t('change.how')}</p>
    </section>`;
  }

  #recent(): TemplateResult {
    const words = this.session.words;
    const entries = this.#history.value;
    return html`<section class="card" aria-labelledby="recent">
      <h2 id="recent" tabindex="-1">${words.t('recent.title')}</h2>
      ${
        entries === null
          ? this.#history.instead(words, words.t('recent.title'))
          : html`<dash-entries .session=${this.session} .entries=${this.#entries.rows} with-delivery></dash-entries>`
      }
    </section>`;
  }

  #comments(): TemplateResult | null {
    const words = this.session.words;
    const entries = this.#feedback.value;
    if (entries === null) return this.#feedback.instead(words, words.t('comments.title'));
    const issue = this.#issue;
    const all = this.#voices.rows.filter(
      (one) => issue === null || feedbackOf(one.newest)?.issues.includes(issue),
    );
    return html`${issue === null ? nothing : this.#only(issue, all.length)}
    ${this.session.readsComments ? nothing : html`<p class="soft">${words.t('comments.reviewer')}</p>`}
    ${
      all.length === 0
        ? html`<p class="soft">${words.t(issue === null ? 'comments.none' : 'comments.none-naming')}</p>`
        : html`<dash-feedback .session=${this.session} .voices=${all}></dash-feedback>
            <p class="save">
              <save-file
                label=${words.t('comments.save')}
                failed=${words.t('save.failed')}
                name=${`driver-${this.#driver}-feedback.csv`}
                .content=${async () => feedbackCsv(await this.#allFeedback())}
              ></save-file>
            </p>`
    }`;
  }

  #only(issue: IssueName, count: number): TemplateResult {
    const words = this.session.words;
    const name = words.t(`issue.${issue}`);
    return html`<p>
      ${words.t('comments.naming', { count, issue: name })}
      <a class="touch" href=${link('drivers', this.#driver, { as_of: this.#asOf })}>${words.t('comments.all')}</a>
    </p>`;
  }

  async #show(): Promise<void> {
    this.#entries.show();
    this.#voices.show();
    this.requestUpdate();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#recent')?.focus();
  }

  async #readFeedback(signal: AbortSignal): Promise<FeedbackEntry[]> {
    if (this.#issue !== null) return this.#allFeedback(signal);
    const query = { driver: this.#driver, limit: COMMENTS };
    const page = await this.session.page<FeedbackEntry>('/v1/feedback', 'feedback', query, signal);
    return this.#until(page.items);
  }

  /** Reads all of the driver's feedback that the member may see, newest first. */
  async #allFeedback(signal?: AbortSignal): Promise<FeedbackEntry[]> {
    const all: FeedbackEntry[] = [];
    let cursor: string | null = null;
    do {
      const query = { driver: this.#driver, limit: LARGEST_PAGE, cursor };
      const page: Page<FeedbackEntry> = await this.session.page('/v1/feedback', 'feedback', query, signal);
      all.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return this.#until(all);
  }

  #until(entries: readonly FeedbackEntry[]): FeedbackEntry[] {
    const until = this.#asOf === null ? Number.POSITIVE_INFINITY : Date.parse(this.#asOf);
    return entries.filter((one) => Date.parse(one.time) <= until);
  }

  async #readHistory(signal: AbortSignal): Promise<Entry[]> {
    // `to` is not included itself; block times are whole seconds.
    const to = this.#asOf === null ? null : new Date(Date.parse(this.#asOf) + 1000).toISOString();
    const query = { driver: this.#driver, order: 'newest', limit: RECENT, to };
    return (await this.session.get<{ entries: Entry[] }>('/v1/history', query, signal)).entries;
  }

  #changed = (event: Event) => {
    this.#rewound = (event as CustomEvent<Moved>).detail === null;
    for (const one of [this.#reputation, this.#feedback, this.#history]) one.renew();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-driver': DashDriver;
  }
}
