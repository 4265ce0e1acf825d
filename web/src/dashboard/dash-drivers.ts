/** `<dash-drivers>`: the drivers that the member may see, with their figures: a table, and cards where it is narrow. */

import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import '../look/d-standing.ts';
import './dash-as-of.ts';
import './dash-own.ts';
import '../look/save-file.ts';
import { controls } from '../look/controls.ts';
import { Held } from '../look/held.ts';
import { Narrow } from '../look/narrow.ts';
import type { DriverRow, Reputation } from '../service/models.ts';
import type { Words } from '../words/words.ts';
import { driversCsv } from './csv.ts';
import { DRIVER_CELLS, weeksTable } from './driver-cells.ts';
import { fresh } from './fresh.ts';
import { asOfOf } from './instant.ts';
import type { Live } from './live.ts';
import { Load } from './load.ts';
import { sparkline } from './marks.ts';
import { go, link, linkTo, type Place } from './routes.ts';
import {
  COLUMNS,
  type Column,
  filtered,
  filterOf,
  type Order,
  orderOf,
  orderText,
  pressed,
  STANDINGS,
  sorted,
} from './rows.ts';
import type { Session } from './session.ts';
import { cardsStyles, driversStyles, shared } from './styles.ts';

const WEEKS = 13;
/** The service's largest page: one answer for hundreds of drivers costs it less than several. */
const PAGE = 1000;
const AT_ONCE = 100;
const NARROW = '(max-width: 56rem)';

/** Properties: `session`, `place`, `live`. */
@customElement('dash-drivers')
export class DashDrivers extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) place!: Place;
  @property({ attribute: false }) live!: Live;
  @state() private most = AT_ONCE;
  /** What stands above the list is there. */
  @state() private settled = false;
  @state() private weeksOf: DriverRow | null = null;
  @query('dialog') private readonly dialog!: HTMLDialogElement;
  readonly #narrow = new Narrow(this, NARROW);
  readonly #held = new Held<DriverRow>((row) => row.driver);
  /** The query by which what is held was chosen and put in order. */
  #chosen = '';
  readonly #drivers = new Load<DriverRow[]>(
    this,
    (signal) => this.#read(signal),
    (rows, anew) =>
      anew ? this.#held.show(this.#ordered(rows)) : this.#held.offer(this.#ordered(rows), rows),
  );

  static override styles = [controls, shared, cardsStyles, driversStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    this.live.addEventListener('changed', this.#changed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const { key, value, at } = this.#drivers;
    if (key !== null && value !== null) this.session.left.set('drivers', { key, value, at });
    this.live.removeEventListener('changed', this.#changed);
  }

  override willUpdate(): void {
    this.#drivers.want(`as of ${asOfOf(this.place.query)}`, this.session.left.get('drivers'));
    const chosen = JSON.stringify(this.place.query);
    if (chosen === this.#chosen) return;
    this.#chosen = chosen;
    this.most = AT_ONCE;
    if (this.#drivers.value !== null) this.#held.show(this.#ordered(this.#drivers.value));
  }

  override render() {
    const words = this.session.words;
    const rows = this.#drivers.value;
    return html`<div class="stack">
      <div class="head">
        <h1 tabindex="-1">${words.t('drivers.title')}</h1>
        <dash-as-of
          .words=${words}
          .value=${asOfOf(this.place.query)}
          @dash-as-of=${(event: CustomEvent<string | null>) => this.#to({ as_of: event.detail }, false)}
        ></dash-as-of>
      </div>
      ${
        this.session.readsComments
          ? html`<dash-own
              .session=${this.session}
              .live=${this.live}
              .asOf=${asOfOf(this.place.query)}
              @settled=${() => {
                this.settled = true;
              }}
            ></dash-own>`
          : nothing
      }
      ${this.session.readsComments && !this.settled ? nothing : rows === null ? this.#drivers.instead(words, words.t('drivers.title')) : this.#list(rows)}
      <dialog aria-labelledby="weeks-title">
        ${this.weeksOf === null ? nothing : weeksTable(words, this.weeksOf)}
        <form method="dialog"><button autofocus>${words.t('close')}</button></form>
      </dialog>
    </div>`;
  }

  #list(rows: readonly DriverRow[]): TemplateResult {
    const words = this.session.words;
    if (rows.length === 0)
      return html`<d-state
        kind="empty"
        heading=${words.t(asOfOf(this.place.query) === null ? 'drivers.none' : 'drivers.none-then')}
        detail=${words.t(`drivers.none.${this.session.is('carrier') ? 'carrier' : 'other'}`, { member: String(this.session.me.member) })}
      ></d-state>`;
    const order = orderOf(this.place.query.sort);
    const found = this.#held.rows;
    const shown = found.slice(0, this.most);
    return html`<section class="card stack" aria-labelledby="list-title">
      <h2 id="list-title" class="visually-hidden" tabindex="-1">${words.t('drivers.list')}</h2>
      ${this.#filters(order)}
      ${this.#fresh(rows)}
      ${
        found.length === 0
          ? html`<d-state
              kind="empty"
              heading=${words.t('drivers.no-match')}
              action=${words.t('drivers.all')}
              @act=${() => this.#to({ standing: null, least: null, number: null })}
            ></d-state>`
          : this.#narrow.is
            ? this.#cards(shown)
            : this.#table(shown, order)
      }
      <div class="end">
        ${
          found.length > shown.length
            ? html`<button @click=${this.#showMore}>${words.t('drivers.more', { count: found.length - shown.length })}</button>`
            : nothing
        }
        ${
          found.length === 0
            ? nothing
            : html`<save-file
                label=${words.t('drivers.save', { count: found.length })}
                name=${`drivers-${(rows[0]?.reputation?.as_of ?? '').slice(0, 10)}.csv`}
                .content=${() => driversCsv(this.#held.rows)}
              ></save-file>`
        }
      </div>
    </section>`;
  }

  #showMore = async () => {
    const next = this.#held.rows[this.most];
    this.most += AT_ONCE;
    await this.updateComplete;
    if (next !== undefined) this.renderRoot.querySelector<HTMLElement>(linkTo(next.driver))?.focus();
  };

  #fresh(rows: readonly DriverRow[]): TemplateResult {
    const words = this.session.words;
    const held = this.#held;
    const [came, left] = [held.waiting.length, held.left.length];
    const offer =
      came > 0
        ? words.t('drivers.came', { count: came })
        : left > 0
          ? words.t('drivers.left', { count: left })
          : held.reordered
            ? words.t('drivers.reordered')
            : '';
    const shown = words.t('drivers.shown', { count: held.rows.length, all: rows.length });
    return fresh(words, html`<span role="status">${shown}</span> ${asOfLine(words, rows)}`, [this.#drivers], {
      offer,
      show: () => void this.#show(),
    });
  }

  /** Shows the list as it now is, and leads to its beginning: the button that was pressed is gone. */
  async #show(): Promise<void> {
    const first = this.#held.waiting[0];
    this.#held.show();
    this.requestUpdate();
    await this.updateComplete;
    const to = first === undefined ? 'h2' : linkTo(first.driver);
    (this.renderRoot.querySelector<HTMLElement>(to) ?? this.renderRoot.querySelector('h2'))?.focus();
  }

  #ordered(rows: readonly DriverRow[]): readonly DriverRow[] {
    return sorted(filtered(rows, filterOf(this.place.query)), orderOf(this.place.query.sort));
  }

  #filters(order: Order): TemplateResult {
    const t = this.session.words.t.bind(this.session.words);
    const filter = filterOf(this.place.query);
    const typed = (name: string) => (event: Event) =>
      this.#to({ [name]: (event.target as HTMLInputElement).value });
    return html`<div class="fields" role="search" aria-label=${t('drivers.filters')}>
      <div class="field">
        <label for="number">${t('drivers.number')}</label>
        <input id="number" class="least" type="search" inputmode="numeric" .value=${filter.number} @input=${typed('number')} />
      </div>
      <div class="field">
        <label for="standing">${t('column.standing')}</label>
        <select id="standing" @change=${typed('standing')}>
          <option value="" ?selected=${filter.standing === null}>${t('drivers.any')}</option>
          ${STANDINGS.map(
            (one) =>
              html`<option value=${one} ?selected=${filter.standing === one}>${t(`standing.${one}`)}</option>`,
          )}
        </select>
      </div>
      <div class="field">
        <label for="least">${t('drivers.least')}</label>
        <input
          id="least"
          class="least"
          type="number"
          min="0"
          step="1"
          .value=${filter.least === 0 ? '' : String(filter.least)}
          @change=${typed('least')}
        />
      </div>
      ${this.#narrow.is ? this.#sortField(order) : nothing}
    </div>`;
  }

  #sortField(order: Order): TemplateResult {
    const t = this.session.words.t.bind(this.session.words);
    return html`<div class="field">
      <label for="sort">${t('drivers.sort')}</label>
      <select
        id="sort"
        @change=${(event: Event) => this.#to({ sort: (event.target as HTMLSelectElement).value })}
      >
        ${COLUMNS.flatMap((column) =>
          (['ascending', 'descending'] as const).map((direction) => {
            const value = `${direction === 'descending' ? '-' : ''}${column}`;
            const chosen = order.column === column && order.direction === direction;
            const own = column === 'standing' ? '.standing' : '';
            const label = t(`drivers.sort${own}.${direction}`, { column: t(`column.${column}`) });
            return html`<option value=${value} ?selected=${chosen}>${label}</option>`;
          }),
        )}
      </select>
    </div>`;
  }

  #table(rows: readonly DriverRow[], order: Order): TemplateResult {
    const words = this.session.words;
    return html`<div class="scroll" role="group" tabindex="0" aria-label=${words.t('drivers.list')}>
      <table>
        <caption>
          ${words.t('drivers.caption')}
        </caption>
        <thead>
          <tr>
            ${COLUMNS.map((column) => this.#columnHead(column, order))}
          </tr>
        </thead>
        <tbody>
          ${repeat(
            rows,
            (row) => row.driver,
            (row) => html`<tr>
              <th scope="row">${this.#driverLink(row)}</th>
              ${guard([row], () =>
                COLUMNS.slice(1).map((column) => html`<td class=${column}>${this.#cell(row, column)}</td>`),
              )}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  #columnHead(column: Column, order: Order): TemplateResult {
    const sort = order.column === column ? order.direction : 'none';
    const arrow = { ascending: '▲', descending: '▼', none: '' }[sort];
    return html`<th scope="col" class=${column} aria-sort=${sort}>
      <button @click=${() => this.#to({ sort: orderText(pressed(order, column)) })}>
        ${this.session.words.t(`column.${column}`)}<span class="arrow" aria-hidden="true">${arrow}</span>
      </button>
    </th>`;
  }

  #cards(rows: readonly DriverRow[]): TemplateResult {
    return html`<ul class="quiet-list cards">
      ${repeat(
        rows,
        (row) => row.driver,
        (row) => html`<li class="card">
          <h3>${this.#driverLink(row)} ${this.#cell(row, 'standing')}</h3>
          <dl>
            ${COLUMNS.slice(2).map(
              (column) =>
                html`<div>
                  <dt>${this.session.words.t(`column.${column}`)}</dt>
                  <dd>${this.#cell(row, column)}</dd>
                </div>`,
            )}
          </dl>
        </li>`,
      )}
    </ul>`;
  }

  #driverLink(row: DriverRow): TemplateResult {
    const words = this.session.words;
    const href = link('drivers', row.driver, { as_of: asOfOf(this.place.query) });
    const own = row.carrier === this.session.me.member;
    return html`<a class="touch" href=${href}>${words.t('driver.number', { number: String(row.driver) })}</a>
      ${own ? nothing : html`<span class="under">${this.session.nameOf(row.carrier, true)}</span>`}`;
  }

  #cell(row: DriverRow, column: Column): TemplateResult | string {
    const words = this.session.words;
    if (column === 'weeks') return this.#weeks(row);
    if (!row.reputation) return html`<span class="soft">${words.t('drivers.not-then')}</span>`;
    const cell: (words: typeof this.session.words, reputation: Reputation) => TemplateResult =
      DRIVER_CELLS[column];
    return cell(words, row.reputation);
  }

  #weeks(row: DriverRow): TemplateResult {
    const words = this.session.words;
    const weeks = row.weeks ?? [];
    const count = weeks.reduce((sum, week) => sum + week.n, 0);
    return html`<button
      class="spark-button"
      aria-haspopup="dialog"
      aria-label=${words.t('drivers.weeks-of', { number: String(row.driver), n: count })}
      @click=${() => this.#showWeeks(row)}
    >
      ${sparkline(weeks)}<span class="under">${words.t('count.n', { n: count })}</span>
    </button>`;
  }

  #showWeeks(row: DriverRow): void {
    this.weeksOf = row;
    this.dialog.showModal();
  }

  /** Changes the link's query, and so what shows; null takes a parameter away. */
  #to(change: Readonly<Record<string, string | null>>, replace = true): void {
    go(this, link('drivers', null, { ...this.place.query, ...change }), replace);
  }

  async #read(signal: AbortSignal): Promise<DriverRow[]> {
    const rows: DriverRow[] = [];
    let cursor: string | null = null;
    do {
      const page: { drivers: DriverRow[]; next_cursor: string | null } = await this.session.get(
        '/v1/drivers',
        {
          with_reputation: true,
          weeks: WEEKS,
          limit: PAGE,
          as_of: asOfOf(this.place.query),
          carrier: this.session.is('carrier') ? this.session.me.member : null,
          cursor,
        },
        signal,
      );
      rows.push(...page.drivers);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return asOfOf(this.place.query) === null ? rows : rows.filter((row) => row.reputation);
  }

  #changed = () => this.#drivers.renew();
}

function asOfLine(words: Words, rows: readonly DriverRow[]): string {
  const one = rows.find((row) => row.reputation)?.reputation;
  if (!one) return '';
  return words.t('drivers.as-of-line', {
    time: words.time(one.as_of),
    block: String(one.block?.number ?? '—'),
  });
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-drivers': DashDrivers;
  }
}
