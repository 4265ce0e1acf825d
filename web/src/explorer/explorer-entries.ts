/** `<explorer-entries>`: the entries that a query names, paged, and those that come while one looks. */

import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { controls } from '../look/controls.ts';
import '../look/d-fresh.ts';
import '../look/d-state.ts';
import { Held } from '../look/held.ts';
import type { Query } from '../service/client.ts';
import type { Entry } from '../service/models.ts';
import { Problem } from '../service/problems.ts';
import { follow, type StreamState } from '../service/stream.ts';
import { type Context, Loader, stateOf } from './context.ts';
import './explorer-entry.ts';
import type { Words } from '../words/words.ts';
import { layout } from './explorer-styles.ts';

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

/**
 * Properties: `context`, `query` (filters of /v1/history), `heading`, `order`, `limit`, `live`, `empty` (what to say
 * where there is none), `here` (the page's own path). Slots `above` and `below`: what stands around the list, shown with
 * it, so that nothing moves when it comes. Event `listed`, detail: what is listed (`Listed`), whenever it changes.
 * `live`, entries that come go to the end of a list that begins with the oldest, and are offered above one that begins with the
 * newest: what is read there does not move.
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
  /** The record reaches this block in what shows or waits, at least. */
  @state() private block: number | null = null;
  @state() private moreFailed = false;
  @state() private over = '';
  readonly #held = new Held<Entry>(idOf);
  readonly #list = new Loader<Listed>(this);
  readonly #more = new Loader<Listed>(this);
  #following = new AbortController();
  /** Where what shows ends; null where nothing follows. */
  #end: string | null = null;
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
    </div>`;
  }

  #shown(words: Words) {
    return html`<slot name="above"></slot>
      <section class="card">
        <div class="heading">
          <h2>${this.heading}</h2>
          ${this.#line()}
        </div>
        ${this.#fresh()} ${this.#body()}
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

  #fresh() {
    const list = this.#list.value;
    if (!this.live || list === null) return nothing;
    const { words } = this.context as Context;
    const count = this.#held.waiting.length;
    const block = Math.max(this.block ?? 0, list.block ?? 0);
    const { failure } = this.#list;
    return html`<d-fresh
      offer=${count === 0 ? '' : words.t('entries.came', { count })}
      action=${words.t('entries.show')}
      trouble=${failure === null ? '' : words.t('entries.stale')}
      retry=${words.t('state.again')}
      @show=${this.#show}
      @retry=${() => this.#load(false)}
      >${words.t('entries.as-of', { block: words.number(block) })}</d-fresh
    >`;
  }

  #show = async () => {
    const came = this.#held.waiting.map(idOf);
    this.#held.show();
    this.arrived = new Set([...this.arrived, ...came]);
    this.#tell();
    await this.updateComplete;
    const first = this.renderRoot.querySelector('explorer-entry');
    await first?.updateComplete;
    first?.renderRoot.querySelector('a')?.focus();
  };

  #body() {
    const context = this.context as Context;
    const { words } = context;
    const list = this.#list.value;
    if (list === null) return stateOf(words, this.#list.failure, () => this.#load(true));
    if (this.#held.rows.length === 0)
      return html`<d-state
        kind="empty"
        heading=${this.empty || words.t('entries.none')}
        detail=${list.block === null ? '' : words.t('entries.up-to', { block: String(list.block) })}
      ></d-state>`;
    return html`<ol class="quiet-list">
        ${repeat(
          this.#held.rows,
          idOf,
          (entry) =>
            html`<li class=${this.arrived.has(idOf(entry)) ? 'arrived' : ''}>
              <explorer-entry .context=${context} .entry=${entry} here=${this.here}></explorer-entry>
            </li>`,
        )}
      </ol>
      ${
        this.#end === null
          ? nothing
          : html`<div class="more">
            <button @click=${this.#loadMore} aria-disabled=${this.#more.loading}>
              ${words.t(this.#more.loading ? 'state.loading' : this.order === 'newest' ? 'entries.older' : 'entries.later')}
            </button>
          </div>`
      }`;
  }

  #load(anew: boolean): void {
    const before = this.#list.value;
    void this.#list
      .run((signal) => this.#page(null, signal), anew)
      .then(() => {
        const list = this.#list.value;
        if (list !== null && list !== before) this.#take(list, anew ? null : before);
        this.requestUpdate();
        this.#tell();
      });
  }

  /** Takes the list's first page, read once more: what shows stays where it is, as far as it still stands. */
  #take(list: Listed, before: Listed | null): void {
    const held = this.#held;
    const found = new Set(list.entries.map(idOf));
    const oldest = list.entries.at(-1);
    const within = held.rows.filter(
      (one) => oldest === undefined || list.next === null || !isBefore(one, oldest),
    );
    const stands = within.length > 0 && within.every((one) => found.has(idOf(one)));
    if (before === null || this.order === 'oldest' || !stands) {
      held.show(list.entries);
      this.#end = list.next;
      return;
    }
    held.offer([...list.entries, ...held.rows.slice(within.length)]);
  }

  async #page(cursor: string | null, signal: AbortSignal): Promise<Listed> {
    const { client } = this.context as Context;
    const query = { ...this.query, order: this.order, limit: this.limit, cursor };
    const page = await client.get<HistoryPage>('/v1/history', query, signal);
    return { entries: page.entries, next: page.next_cursor, block: page.indexed_block };
  }

  #loadMore = async () => {
    const list = this.#list.value;
    if (list === null || this.#more.loading) return;
    this.moreFailed = false;
    await this.#more.run((signal) => this.#page(this.#end, signal));
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
    const before = this.#held.rows.length;
    this.#held.append(more.entries);
    this.#end = more.next;
    this.requestUpdate();
    this.#tell();
    await this.updateComplete;
    const first = this.renderRoot.querySelectorAll('explorer-entry')[before];
    await first?.updateComplete;
    first?.renderRoot.querySelector('a')?.focus();
  };

  #follow(): void {
    this.#following.abort();
    this.line = 'none';
    this.block = null;
    this.over = '';
    if (!this.live) return;
    this.#following = new AbortController();
    let first = true;
    const handlers = {
      entry: (entry: Entry) => this.#arrive(entry),
      block: (block: number) => {
        this.block = block;
        this.#tell();
      },
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
    const held = this.#held;
    if (list === null || [...held.waiting, ...held.rows].some((one) => idOf(one) === idOf(entry))) return;
    if (this.order === 'newest') {
      if (held.rows.length === 0) held.show([entry]);
      else held.offer([entry, ...held.waiting, ...held.rows]);
    } else {
      // At the end of an incomplete list it is not next: "show more" brings it.
      if (this.#end !== null) return;
      held.append([entry]);
      this.arrived = new Set([...this.arrived, idOf(entry)]);
    }
    this.requestUpdate();
    this.#tell();
  }

  #tell(): void {
    const list = this.#list.value;
    if (list === null) return;
    const detail: Listed = {
      entries: this.#held.rows,
      next: this.#end,
      block: Math.max(this.block ?? 0, list.block ?? 0),
    };
    this.dispatchEvent(new CustomEvent('listed', { detail }));
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.block === other.block ? one.log_index < other.log_index : one.block < other.block;
}

function idOf(entry: Entry): string {
  return `${entry.block}/${entry.log_index}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'explorer-entries': ExplorerEntries;
  }
}
