/** `<dash-deliveries>`: the deliveries that the member ships or carries, newest first, with search and filters. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { OUTCOMES } from '../core/vocabulary.ts';
import { controls } from '../look/controls.ts';
import type { Delivery, OutcomeName } from '../service/models.ts';
import './dash-own.ts';
import type { Live } from './live.ts';
import { Load } from './load.ts';
import { go, link, type Place } from './routes.ts';
import type { Page, Session } from './session.ts';
import { shared } from './styles.ts';

const PAGE = 50;
const TYPING_MS = 300;
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
  readonly #page = new Load<Page<Delivery>>(this, (signal) => this.#read(null, signal));

  static override styles = [
    controls,
    shared,
    css`
      .search {
        inline-size: min(22rem, 100%);
      }
      .driver {
        inline-size: 8rem;
      }
      td .touch {
        font-family: var(--d-mono);
      }
    `,
  ];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#typing);
  }

  override willUpdate(): void {
    const { id, waybill, outcome, driver } = this.place.query;
    this.#page.want(JSON.stringify([id, waybill, outcome, driver]));
  }

  override render() {
    const words = this.session.words;
    const page = this.#page.value;
    const shipsOnly = !this.session.is('carrier') && !this.session.is('reviewer');
    return html`<div class="stack">
      <h1 tabindex="-1">${words.t('deliveries.title')}</h1>
      ${shipsOnly ? html`<dash-own .session=${this.session} .live=${this.live}></dash-own>` : nothing}
      <section class="card stack" aria-labelledby="list-title">
        <h2 id="list-title" class="visually-hidden">${words.t('deliveries.list')}</h2>
        ${this.#filters()}
        ${page === null ? this.#page.instead(words, words.t('deliveries.title')) : this.#list(page)}
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
      <p id="search-help" class="soft small" role="status">${this.invalid}</p>
    </div>`;
  }

  #list(page: Page<Delivery>): TemplateResult {
    const words = this.session.words;
    const filtered = Object.keys(this.place.query).length > 0;
    if (page.items.length === 0 && page.next === null)
      return html`<d-state
        kind="empty"
        heading=${words.t(filtered ? 'deliveries.no-match' : 'deliveries.none')}
        detail=${this.session.is('reviewer') ? words.t('deliveries.reviewer') : ''}
        action=${filtered ? words.t('deliveries.all') : ''}
        @act=${() => go(this, link('deliveries'))}
      ></d-state>`;
    return html`<div class="scroll" role="group" tabindex="0" aria-label=${words.t('deliveries.list')}>
        <table>
          <caption>
            ${words.t('deliveries.caption', { count: page.items.length })}
          </caption>
          <thead>
            <tr>
              <th scope="col">${words.t('deliveries.delivery')}</th>
              <th scope="col">${words.t('deliveries.state')}</th>
              <th scope="col">${words.t('column.driver')}</th>
              <th scope="col">${words.t('deliveries.promised')}</th>
              <th scope="col">${words.t('deliveries.opened')}</th>
              <th scope="col" class="number">${words.t('deliveries.feedback')}</th>
            </tr>
          </thead>
          <tbody>
            ${page.items.map((one) => this.#row(one))}
          </tbody>
        </table>
      </div>
      ${
        page.next === null
          ? nothing
          : html`<button ?disabled=${this.busy} @click=${() => this.#more(page)}>${words.t('more')}</button>`
      }`;
  }

  #row(one: Delivery): TemplateResult {
    const words = this.session.words;
    return html`<tr>
      <th scope="row">
        <a class="touch mono" href=${link('deliveries', one.delivery_id)}>${one.delivery_id.slice(0, 14)}…</a>
        ${one.waybill === null ? nothing : html`<span class="under">${one.waybill}</span>`}
      </th>
      <td>${words.t(`outcome.${one.outcome ?? 'opened'}`)}</td>
      <td>
        ${
          one.driver === 0
            ? html`<span class="soft">—</span>`
            : html`<a class="touch" href=${link('drivers', one.driver)}>${one.driver}</a>`
        }
      </td>
      <td>${words.time(one.promised_by)}</td>
      <td>${words.time(one.opened_at)}</td>
      <td class="number">${one.revision === 0 ? '—' : words.t('feedback.revision', { revision: String(one.revision) })}</td>
    </tr>`;
  }

  #read(cursor: string | null, signal?: AbortSignal): Promise<Page<Delivery>> {
    const { id, waybill, outcome, driver } = this.place.query;
    const query = { id, waybill, outcome, driver, limit: PAGE, cursor };
    return this.session.page('/v1/deliveries', 'deliveries', query, signal);
  }

  async #more(page: Page<Delivery>): Promise<void> {
    this.busy = true;
    try {
      const next = await this.#read(page.next);
      if (this.#page.value === page)
        this.#page.value = { items: [...page.items, ...next.items], next: next.next };
    } catch (error) {
      this.#page.value = null;
      this.#page.error = error;
    } finally {
      this.busy = false;
    }
  }

  #typed = (event: Event) => {
    const text = (event.target as HTMLInputElement).value.trim();
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#search(text), TYPING_MS);
  };

  /** Hex is a delivery's id, as far as it is typed; anything else a waybill, which shippers alone know. */
  #search(text: string): void {
    const isId = /^0x[0-9a-fA-F]{0,64}$/.test(text);
    this.invalid = '';
    if (text === '') this.#to({ id: null, waybill: null });
    else if (isId && text.length >= 6) this.#to({ id: text.toLowerCase(), waybill: null });
    else if (!isId && this.session.is('shipper')) this.#to({ id: null, waybill: text });
    else this.invalid = this.session.words.t('deliveries.search.help');
  }

  #chosen = (name: string) => (event: Event) => {
    this.#to({ [name]: (event.target as HTMLInputElement).value });
  };

  #to(change: Readonly<Record<string, string | null>>): void {
    go(this, link('deliveries', null, { ...this.place.query, ...change }), true);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-deliveries': DashDeliveries;
  }
}
