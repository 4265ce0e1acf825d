/** `<explorer-entries>`: the entries that a query names, paged, and those that come while one looks. */

import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { controls } from '../look/controls.ts';
import '../look/d-state.ts';
import type { Query } from '../service/client.ts';
import type { Entry } from '../service/models.ts';
import { Problem } from '../service/problems.ts';
import { follow, type StreamState } from '../service/stream.ts';
import { type Context, Loader, stateOf } from './context.ts';
import './explorer-entry.ts';
import type { Words } from '../words/words.ts';
import { layout } from './explorer-styles.ts';
import { plainText, sentence } from './record/sentences.ts';

export interface Listed {
  readonly entries: readonly Entry[];
  readonly next: string | null;
  readonly block: number | null;
}

interface HistoryPage {
  readonly entries: readonly Entry[];
  readonly next_cursor: string | null;
  readonly indexed_block: number | null;
}

const MOST_SHOWN = 2000;

/**
 * Properties: `context`, `query` (filters of /v1/history), `heading`, `order`, `limit`, `live`, `empty` (what to say
 * where there is none), `here` (the page's own path). Slots `above` and `below`: what stands around the list, shown with
 * it, so that nothing moves when it comes. Event `listed`, detail: what is listed (`Listed`), whenever it changes.
 */
@customElement('explorer-entries')
export class ExplorerEntries extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property({ attribute: false }) query: Query = {};
  @property() heading = '';
  @property() order: 'newest' | 'oldest' = 'newest';
  @property({ type: Number }) limit = 20;
  @property({ type: Boolean }) live = false;
  @property() empty = '';
  @property() here = '';
  @state() private line: StreamState | 'none' = 'none';
  @state() private arrived: ReadonlySet<string> = new Set();
  @state() private news = '';
  @state() private moreFailed = false;
  @state() private over = '';
  readonly #list = new Loader<Listed>(this);
  readonly #more = new Loader<Listed>(this);
  #following = new AbortController();
  #loaded = '';

  static override styles = [
    controls,
    layout,
    css`
      ol {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
      }
      li {
        padding-block: var(--d-3) var(--d-2);
        border-block-start: 1px solid var(--d-line);
      }
      li:first-child {
        border-block-start: 0;
      }
      .dot {
        inline-size: 0.6rem;
        block-size: 0.6rem;
        border-radius: 50%;
        background: var(--d-line-strong);
      }
      .dot.live {
        background: var(--d-good);
      }
      .heading {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--d-4);
      }
      .line {
        display: inline-flex;
        white-space: nowrap;
        align-items: center;
        gap: var(--d-2);
      }
      .more {
        display: grid;
        justify-items: center;
        padding-block-start: var(--d-4);
      }
      @media (prefers-reduced-motion: no-preference) {
        li.arrived {
          animation: arrive 900ms ease-out;
        }
        @keyframes arrive {
          from {
            opacity: 0;
            transform: translateY(-0.5rem);
            background: var(--d-accent-soft);
          }
          60% {
            opacity: 1;
            transform: none;
            background: var(--d-accent-soft);
          }
        }
      }
    `,
  ];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#following.abort();
    this.#loaded = '';
  }

  override willUpdate(changed: PropertyValues): void {
    if (this.context === null || !(changed.has('context') || changed.has('query') || changed.has('order')))
      return;
    const wanted = `${JSON.stringify(this.query)} ${this.order} ${this.context.client.access.key ?? ''}`;
    if (wanted === this.#loaded) return;
    this.#loaded = wanted;
    this.arrived = new Set();
    this.#load(true);
    this.#follow();
  }

  override render() {
    if (this.context === null) return nothing;
    const { words } = this.context;
    const { value, failure } = this.#list;
    return html`<div class="stack">
      ${value === null && failure === null ? stateOf(words, null, () => undefined) : this.#shown(words)}
      <p class="visually-hidden" aria-live="polite">${this.news}</p>
    </div>`;
  }

  #shown(words: Words) {
    return html`<slot name="above"></slot>
      <section class="card">
        <div class="heading">
          <h2>${this.heading}</h2>
          ${this.#line()}
        </div>
        ${this.#body()}
        ${this.over === '' ? nothing : html`<p class="note watch">${words.t('entries.over', { detail: this.over })}</p>`}
        ${this.moreFailed ? html`<p role="alert" class="note watch">${words.t('entries.more-failed')}</p>` : nothing}
      </section>
      <slot name="below"></slot>`;
  }

  #line() {
    if (!this.live || this.context === null || this.line === 'none') return nothing;
    const { words } = this.context;
    const known = this.line === 'live' || this.line === 'queued';
    const key = known ? `entries.${this.line}` : 'entries.waiting';
    return html`<span class="line small soft"
      ><span class="dot ${this.line}" aria-hidden="true"></span>${words.t(key)}</span
    >`;
  }

  #body() {
    const context = this.context as Context;
    const { words } = context;
    const list = this.#list.value;
    if (list === null) return stateOf(words, this.#list.failure, () => this.#load(true));
    if (list.entries.length === 0)
      return html`<d-state
        kind="empty"
        heading=${this.empty || words.t('entries.none')}
        detail=${list.block === null ? '' : words.t('entries.up-to', { block: String(list.block) })}
      ></d-state>`;
    return html`<ol class="quiet-list">
        ${repeat(
          list.entries,
          idOf,
          (entry) =>
            html`<li class=${this.arrived.has(idOf(entry)) ? 'arrived' : ''}>
              <explorer-entry .context=${context} .entry=${entry} here=${this.here}></explorer-entry>
            </li>`,
        )}
      </ol>
      ${
        list.next === null
          ? nothing
          : html`<div class="more">
            <button @click=${this.#loadMore} ?disabled=${this.#more.loading}>
              ${words.t(this.#more.loading ? 'state.loading' : this.order === 'newest' ? 'entries.older' : 'entries.later')}
            </button>
          </div>`
      }`;
  }

  #load(anew: boolean): void {
    void this.#list.run((signal) => this.#page(null, signal), anew).then(() => this.#tell());
  }

  async #page(cursor: string | null, signal: AbortSignal): Promise<Listed> {
    const { client } = this.context as Context;
    const query = { ...this.query, order: this.order, limit: this.limit, cursor };
    const page = await client.get<HistoryPage>('/v1/history', query, signal);
    return { entries: page.entries, next: page.next_cursor, block: page.indexed_block };
  }

  #loadMore = async () => {
    const list = this.#list.value;
    if (list === null) return;
    this.moreFailed = false;
    await this.#more.run((signal) => this.#page(list.next, signal));
    const more = this.#more.value;
    const now = this.#list.value;
    if (this.#more.failure instanceof Problem && this.#more.failure.status === 410) {
      this.#load(true); // The chain was rewound below what is shown.
      return;
    }
    if (more === null || now === null) {
      this.moreFailed = this.#more.failure !== null;
      return;
    }
    const known = new Set(now.entries.map(idOf));
    const added = more.entries.filter((one) => !known.has(idOf(one)));
    this.#list.value = { ...more, entries: [...now.entries, ...added] };
    this.#tell();
    await this.updateComplete;
    const first = this.renderRoot.querySelectorAll('explorer-entry')[now.entries.length];
    first?.renderRoot.querySelector('a')?.focus();
  };

  #follow(): void {
    this.#following.abort();
    this.line = 'none';
    this.over = '';
    if (!this.live) return;
    this.#following = new AbortController();
    let first = true;
    const handlers = {
      entry: (entry: Entry) => this.#arrive(entry),
      reset: () => {
        // What came between the first page and the stream's beginning stands in neither.
        this.#load(!first && this.#list.value === null);
        first = false;
      },
      state: (state: StreamState) => {
        this.line = state;
      },
      closed: (problem: Problem) => {
        this.line = 'none';
        this.over = problem.detail;
      },
    };
    const { from_block: _from, to_block: _to, tx: _tx, ...filters } = this.query;
    follow((this.context as Context).client, filters, handlers, this.#following.signal);
  }

  #arrive(entry: Entry): void {
    const list = this.#list.value;
    const id = idOf(entry);
    if (this.context === null || list === null || list.entries.some((one) => idOf(one) === id)) return;
    // At the end of an incomplete list it is not next: "show more" brings it.
    if (this.order === 'oldest' && list.next !== null) return;
    const entries = this.order === 'newest' ? [entry, ...list.entries] : [...list.entries, entry];
    this.arrived = new Set([...this.arrived, id]);
    this.#list.value = { ...list, entries: entries.slice(0, MOST_SHOWN), block: entry.block };
    const { words, ledger } = this.context;
    const said = plainText(sentence({ words, members: ledger.members }, entry));
    this.news = words.t('entries.news', { said });
    this.requestUpdate();
    this.#tell();
  }

  #tell(): void {
    const list = this.#list.value;
    if (list !== null) this.dispatchEvent(new CustomEvent('listed', { detail: list }));
  }
}

function idOf(entry: Entry): string {
  return `${entry.block}/${entry.log_index}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'explorer-entries': ExplorerEntries;
  }
}
