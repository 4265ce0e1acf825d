/** `<dash-deliveries>`: the deliveries that the member ships or carries, newest first, with search and filters. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import { OUTCOMES } from '../core/vocabulary.ts';
import { controls } from '../look/controls.ts';
import { Narrow } from '../look/narrow.ts';
import type { Delivery, OutcomeName } from '../service/models.ts';
import { Problem } from '../service/problems.ts';
import './dash-own.ts';
import type { Words } from '../words/words.ts';
import { DeliveryList } from './delivery-list.ts';
import { fresh } from './fresh.ts';
import type { Live, Moved } from './live.ts';
import { go, link, type Place } from './routes.ts';
import type { Session } from './session.ts';
import { cardsStyles, shared } from './styles.ts';

const TYPING_MS = 300;
const NARROW = '(max-width: 48rem)';
export const STATES: readonly (OutcomeName | 'opened')[] = ['opened', ...OUTCOMES];

/** Properties: `session`, `place`, `live`. */
@customElement('dash-deliveries')
export class DashDeliveries extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) place!: Place;
  @property({ attribute: false }) live!: Live;
  @state() private busy = false;
  @state() private invalid = '';
  #typing: ReturnType<typeof setTimeout> | undefined;
  readonly #narrow = new Narrow(this, NARROW);
  readonly #list = new DeliveryList(this, {
    page: (cursor, limit, signal) => {
      const { id, waybill, outcome, driver } = this.place.query;
      const query = { id, waybill, outcome, driver, limit, cursor };
      return this.session.page('/v1/deliveries', 'deliveries', query, signal);
    },
    one: (id, signal) => this.session.get(`/v1/deliveries/${id}`, {}, signal),
    block: () => this.live.block,
  });

  static override styles = [
    controls,
    shared,
    cardsStyles,
    css`
      .search {
        inline-size: min(22rem, 100%);
      }
      .driver {
        inline-size: 8rem;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.live.addEventListener('changed', this.#moved);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const { key, at } = this.#list.load;
    const value = this.#list.found;
    if (key !== null && value !== null) this.session.left.set('deliveries', { key, value, at });
    this.live.removeEventListener('changed', this.#moved);
    clearTimeout(this.#typing);
  }

  override willUpdate(): void {
    const { id, waybill, outcome, driver } = this.place.query;
    this.#list.load.want(JSON.stringify([id, waybill, outcome, driver]), this.session.left.get('deliveries'));
  }

  override render() {
    const words = this.session.words;
    const { load } = this.#list;
    const shipsOnly = !this.session.is('carrier') && !this.session.is('reviewer');
    return html`<div class="stack">
      <h1 tabindex="-1">${words.t('deliveries.title')}</h1>
      ${shipsOnly ? html`<dash-own .session=${this.session} .live=${this.live}></dash-own>` : nothing}
      <section class="card stack" aria-labelledby="list-title">
        <h2 id="list-title" class="visually-hidden">${words.t('deliveries.list')}</h2>
        ${this.#filters()}
        ${load.value === null ? load.instead(words, words.t('deliveries.title')) : this.#shown()}
      </section>
    </div>`;
  }

  #filters(): TemplateResult {
    const t = this.session.words.t.bind(this.session.words);
    const { id = '', waybill = '', outcome = '', driver = '' } = this.place.query;
    const ships = this.session.is('shipper');
    return html`<div class="fields" role="search" aria-label=${t('deliveries.filters')}>
      <div class="field search">
        <label for="search">${t(ships ? 'deliveries.search.shipper' : 'deliveries.search')}</label>
        <input
          id="search"
          type="search"
          spellcheck="false"
          .value=${waybill || id}
          aria-describedby="search-help"
          aria-invalid=${this.invalid === '' ? 'false' : 'true'}
          @input=${this.#typed}
        />
      </div>
      <div class="field">
        <label for="outcome">${t('deliveries.state')}</label>
        <select id="outcome" @change=${this.#chosen('outcome')}>
          <option value="" ?selected=${outcome === ''}>${t('drivers.any')}</option>
          ${STATES.map(
            (one) => html`<option value=${one} ?selected=${outcome === one}>${t(`outcome.${one}`)}</option>`,
          )}
        </select>
      </div>
      <div class="field">
        <label for="driver">${t('drivers.number')}</label>
        <input
          id="driver"
          class="driver"
          type="number"
          min="1"
          max="4294967295"
          .value=${driver}
          @change=${this.#chosen('driver')}
        />
      </div>
      <p id="search-help" class="soft small" role="status">${this.invalid || this.#found()}</p>
    </div>`;
  }

  /** What a search found, for who does not see the rows change. */
  #found(): string {
    const filtered = Object.keys(this.place.query).length > 0;
    return filtered && this.#list.load.value !== null ? this.#caption() : '';
  }

  #shown(): TemplateResult {
    const words = this.session.words;
    const { held, next } = this.#list;
    const filtered = Object.keys(this.place.query).length > 0;
    return html`${this.#fresh()}
    ${
      held.rows.length === 0 && next === null
        ? html`<d-state
            kind="empty"
            heading=${words.t(filtered ? 'deliveries.no-match' : 'deliveries.none')}
            detail=${filtered ? '' : words.t(`deliveries.none.${this.#role()}`)}
            action=${filtered ? words.t('deliveries.all') : ''}
            @act=${() => go(this, link('deliveries'))}
          ></d-state>`
        : this.#rows(held.rows)
    }
    ${
      next === null
        ? nothing
        : html`<button aria-disabled=${this.busy} @click=${() => this.#more()}>${words.t('more')}</button>`
    }`;
  }

  #fresh(): TemplateResult {
    const words = this.session.words;
    const { held, load } = this.#list;
    const [came, left] = [held.waiting.length, held.left.length];
    const offer =
      came > 0
        ? words.t('deliveries.came', { count: came })
        : left > 0
          ? words.t('deliveries.left', { count: left })
          : '';
    const asOf = words.t('fresh.block', {
      block: String(load.value?.block ?? '—'),
      time: words.clock(load.at),
    });
    // Where there is no table there is no caption either.
    return fresh(words, this.#narrow.is ? `${this.#caption()}. ${asOf}` : asOf, [load], {
      offer,
      show: () => this.#show(),
    });
  }

  #role(): 'reviewer' | 'shipper' | 'carrier' {
    return this.session.is('reviewer') ? 'reviewer' : this.session.is('shipper') ? 'shipper' : 'carrier';
  }

  #rows(rows: readonly Delivery[]): TemplateResult {
    const words = this.session.words;
    const left = new Set(this.#list.held.left);
    if (this.#narrow.is)
      return html`<ul class="quiet-list cards">
          ${repeat(
            rows,
            (one) => one.delivery_id,
            (one) => this.#card(one, left.has(one)),
          )}
        </ul>`;
    return html`<div class="scroll" role="group" tabindex="0" aria-label=${words.t('deliveries.list')}>
      <table>
        <caption>
          ${this.#caption()}
        </caption>
        <thead>
          <tr>
            <th scope="col">${words.t('deliveries.delivery')}</th>
            ${CELLS.map(([name]) => html`<th scope="col" class=${kindOf(name)}>${words.t(name)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${repeat(
            rows,
            (one) => one.delivery_id,
            (one) =>
              guard(
                [one, left.has(one)],
                () => html`<tr>
                  <th scope="row">${this.#head(one)}</th>
                  ${CELLS.map(([name, cell]) => html`<td class=${kindOf(name)}>${cell(words, one, left.has(one))}</td>`)}
                </tr>`,
              ),
          )}
        </tbody>
      </table>
    </div>`;
  }

  #caption(): string {
    const { held, next } = this.#list;
    const key = next === null ? 'deliveries.caption.all' : 'deliveries.caption';
    return this.session.words.t(key, { count: held.rows.length });
  }

  #card(one: Delivery, left: boolean): TemplateResult {
    const words = this.session.words;
    return html`<li class="card">
      <h3>${this.#head(one)}</h3>
      <dl>
        ${CELLS.map(
          ([name, cell]) =>
            html`<div>
              <dt>${words.t(name)}</dt>
              <dd>${cell(words, one, left)}</dd>
            </div>`,
        )}
      </dl>
    </li>`;
  }

  #head(one: Delivery): TemplateResult {
    return html`<a class="touch mono" href=${link('deliveries', one.delivery_id)}>${one.delivery_id.slice(0, 14)}…</a>
      ${one.waybill === null ? nothing : html`<span class="under"><bdi>${one.waybill}</bdi></span>`}`;
  }

  /** Shows what waits, and leads to the first of it: the button that was pressed is gone. */
  async #show(): Promise<void> {
    const { held } = this.#list;
    const first = held.waiting[0]?.delivery_id ?? held.rows[0]?.delivery_id;
    held.show();
    this.requestUpdate();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`a[href$="${first}"]`)?.focus();
  }

  async #more(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const { load, held } = this.#list;
    const before = held.rows.length;
    try {
      await this.#list.more();
    } catch (error) {
      if (error instanceof Problem && error.status === 410)
        void load.again(); // rewound below the page's end
      else load.error = error;
    } finally {
      this.busy = false;
    }
    await this.updateComplete;
    const next = held.rows[before]?.delivery_id;
    this.renderRoot.querySelector<HTMLElement>(`a[href$="${next}"]`)?.focus();
  }

  #moved = (event: Event) => this.#list.moved((event as CustomEvent<Moved>).detail);

  #typed = (event: Event) => {
    const text = (event.target as HTMLInputElement).value.trim();
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#search(text), TYPING_MS);
  };

  /** A delivery's id, as far as it is typed; anything else is a waybill, which its shipper alone knows. */
  #search(text: string): void {
    const id = idOf(text);
    this.invalid = '';
    if (id !== null && id.length >= SHORTEST_ID) this.#to({ id, waybill: null });
    else if (id === null && this.session.is('shipper')) this.#to({ id: null, waybill: text || null });
    else {
      // What was found before is no answer to this.
      this.#to({ id: null, waybill: null });
      if (text === '') return;
      this.invalid = this.session.words.t(
        id === null ? 'deliveries.search.waybill' : 'deliveries.search.help',
      );
    }
  }

  #chosen = (name: string) => (event: Event) => {
    this.#to({ [name]: (event.target as HTMLInputElement).value });
  };

  #to(change: Readonly<Record<string, string | null>>): void {
    go(this, link('deliveries', null, { ...this.place.query, ...change }), true);
  }
}

/** 0x, the shipper's number, and nothing yet that is the delivery's own. */
const SHORTEST_ID = 6;

/** Returns the id, or its beginning, in what was typed or pasted: of a tracking link, too; null where there is none. */
function idOf(text: string): string | null {
  const whole = /\/t\/(0x[0-9a-f]{64})/i.exec(text)?.[1] ?? /^[0-9a-f]{64}$/i.exec(text)?.[0];
  const found = whole ?? /^(0x[0-9a-f]{0,64})…?$/i.exec(text)?.[1];
  return found === undefined ? null : `0x${found.toLowerCase().replace(/^0x/, '')}`;
}

type Cell = (words: Words, one: Delivery, left: boolean) => TemplateResult | string;

/** What is said of each delivery, by the message that names it. */
const CELLS: readonly (readonly [string, Cell])[] = [
  [
    'deliveries.state',
    (words, one, left) =>
      html`${words.t(`outcome.${one.outcome ?? 'opened'}`)}${
        left ? html`<span class="under">${words.t('deliveries.unfit')}</span>` : nothing
      }`,
  ],
  [
    'column.driver',
    (words, one) =>
      one.driver === 0
        ? html`<span class="soft">${words.t('driver.nobody')}</span>`
        : html`<a class="touch" href=${link('drivers', one.driver)}
            >${words.t('driver.number', { number: String(one.driver) })}</a
          >`,
  ],
  ['deliveries.promised', (words, one) => words.time(one.promised_by)],
  ['deliveries.opened', (words, one) => words.time(one.opened_at)],
  [
    'deliveries.feedback',
    (words, one) =>
      one.revision === 0
        ? html`<span class="soft">${words.t('deliveries.no-feedback')}</span>`
        : words.t('feedback.revision', { revision: String(one.revision) }),
  ],
];

/** Times stand under each other to the digit. */
function kindOf(name: string): string {
  return name === 'deliveries.promised' || name === 'deliveries.opened' ? 'number' : '';
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-deliveries': DashDeliveries;
  }
}
