/** `<dash-driver>`: one driver: standing and why, what would change it, all figures, course, issues, comments, record. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../look/d-standing.ts';
import './dash-as-of.ts';
import './dash-entries.ts';
import './dash-feedback.ts';
import './dash-figures.ts';
import './dash-series.ts';
import { controls } from '../look/controls.ts';
import type { Entry, FeedbackEntry, Reputation } from '../service/models.ts';
import { conditions, isWorthSaying, KINDS, outlook, TRIED } from './change.ts';
import { figureCell, tooFew } from './driver-cells.ts';
import { amount } from './figures.ts';
import { asOfOf } from './instant.ts';
import { issueCounts, voices } from './issues.ts';
import type { Live } from './live.ts';
import { Load } from './load.ts';
import { THRESHOLDS } from './marks.ts';
import { go, link, type Place } from './routes.ts';
import type { Session } from './session.ts';
import { shared } from './styles.ts';

const RECENT = 50;
const COMMENTS = 100;

/** Properties: `session`, `place` (of a driver), `live`. */
@customElement('dash-driver')
export class DashDriver extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) place!: Place;
  @property({ attribute: false }) live!: Live;
  readonly #reputation = new Load<Reputation>(this, (signal) =>
    this.session.get(`/v1/drivers/${this.#driver}/reputation`, { as_of: this.#asOf }, signal),
  );
  readonly #feedback = new Load<FeedbackEntry[]>(this, (signal) => this.#readFeedback(signal));
  readonly #history = new Load<Entry[]>(this, (signal) => this.#readHistory(signal));

  static override styles = [
    controls,
    shared,
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
      .glance {
        max-inline-size: 26rem;
        margin-block-end: var(--d-4);
      }
      .issues {
        display: grid;
        grid-template-columns: minmax(0, auto) minmax(2rem, 1fr) max-content;
        gap: var(--d-2) var(--d-3);
        align-items: center;
      }
      .issues li {
        display: contents;
      }
      .share {
        display: block;
        inline-size: 100%;
        block-size: 0.75rem;
      }
      .share .ground {
        fill: var(--d-raised);
      }
      .share .part {
        fill: var(--d-accent);
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
    this.#feedback.want(key);
    this.#history.want(key);
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
        <a class="touch" href=${link('drivers', null, { as_of: this.#asOf })}>${words.t('driver.all')}</a>
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
    return html`<p class="soft small" role="status">${t('drivers.as-of-line', asOf)}</p>
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
          ${this.#issues(found)}
          <section class="card" aria-labelledby="comments">
            <h2 id="comments">${t('comments.title')}</h2>
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

  #issues(found: Reputation): TemplateResult {
    const words = this.session.words;
    const counts = issueCounts(found);
    const feedback = found.counts.feedback ?? 0;
    return html`<section class="card" aria-labelledby="issues">
      <h2 id="issues">${words.t('issues.title')}</h2>
      ${
        counts.length === 0
          ? html`<p class="soft">${words.t('issues.no', { count: feedback })}</p>`
          : html`<p class="soft small">${words.t('issues.of-feedback', { count: feedback })}</p>
              <ul class="quiet-list issues">
                ${counts.map(
                  (one) => html`<li>
                    <span>${words.t(`issue.${one.name}`)}</span>
                    <svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                      <rect class="ground" width="100" height="10"></rect>
                      <rect class="part" width=${(100 * one.count) / Math.max(feedback, 1)} height="10"></rect>
                    </svg>
                    <span class="number">${words.t('issues.count', { part: one.count, whole: feedback })}</span>
                  </li>`,
                )}
              </ul>`
      }
    </section>`;
  }

  #recent(): TemplateResult {
    const words = this.session.words;
    const entries = this.#history.value;
    return html`<section class="card" aria-labelledby="recent">
      <h2 id="recent">${words.t('recent.title')}</h2>
      ${
        entries === null
          ? this.#history.instead(words, words.t('recent.title'))
          : html`<dash-entries .session=${this.session} .entries=${entries} with-delivery></dash-entries>`
      }
    </section>`;
  }

  #comments(): TemplateResult | null {
    const words = this.session.words;
    const entries = this.#feedback.value;
    if (entries === null) return this.#feedback.instead(words, words.t('comments.title'));
    const all = voices(entries);
    if (all.length === 0) return html`<p class="soft">${words.t('comments.none')}</p>`;
    const note = this.session.readsComments
      ? null
      : html`<p class="soft">${words.t('comments.reviewer')}</p>`;
    return html`${note}<dash-feedback .session=${this.session} .voices=${all}></dash-feedback>`;
  }

  async #readFeedback(signal: AbortSignal): Promise<FeedbackEntry[]> {
    const query = { driver: this.#driver, limit: COMMENTS };
    const page = await this.session.page<FeedbackEntry>('/v1/feedback', 'feedback', query, signal);
    const until = this.#asOf === null ? Number.POSITIVE_INFINITY : Date.parse(this.#asOf);
    return page.items.filter((one) => Date.parse(one.time) <= until);
  }

  async #readHistory(signal: AbortSignal): Promise<Entry[]> {
    // `to` is not included itself; block times are whole seconds.
    const to = this.#asOf === null ? null : new Date(Date.parse(this.#asOf) + 1000).toISOString();
    const query = { driver: this.#driver, order: 'newest', limit: RECENT, to };
    return (await this.session.get<{ entries: Entry[] }>('/v1/history', query, signal)).entries;
  }

  #changed = () => {
    void this.#reputation.again();
    void this.#feedback.again();
    void this.#history.again();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-driver': DashDriver;
  }
}
