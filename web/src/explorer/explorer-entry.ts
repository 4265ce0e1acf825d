/** `<explorer-entry>`: one entry of the record in words, its raw values folded below. */

import { css, html, LitElement, nothing, svg } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Entry } from '../service/models.ts';
import type { Context } from './context.ts';
import { layout } from './explorer-styles.ts';
import { type Fact, factsOf } from './record/facts.ts';
import { type Piece, sentence } from './record/sentences.ts';
import { pathOf } from './routes.ts';

const MARKS = {
  opening: svg`<path d="M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8" />`,
  report: svg`<path d="M3 7h11v9H3zM14 10h4l3 3v3h-7M7 19a1.5 1.5 0 100-3 1.5 1.5 0 000 3zM17 19a1.5 1.5 0 100-3 1.5 1.5 0 000 3z" />`,
  feedback: svg`<path d="M12 4l2.5 5 5.5.8-4 3.9.9 5.5-4.9-2.6-4.9 2.6.9-5.5-4-3.9 5.5-.8z" />`,
  key_change: svg`<path d="M8 15a4 4 0 113.6-5.7L20 9.3V13h-3v3h-3l-2.4-2.7A4 4 0 018 15z" />`,
  note: svg`<path d="M6 4h9l4 4v12H6zM9 12h6M9 16h6" />`,
  driver_move: svg`<path d="M4 9h14l-4-4M20 15H6l4 4" />`,
} as const;

/** Properties: `context`, `entry`, `here` (the page's own path, to which nothing needs to lead); `open`: raw values unfolded. */
@customElement('explorer-entry')
export class ExplorerEntry extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property({ attribute: false }) entry: Entry | null = null;
  @property({ type: Boolean }) open = false;
  @property() here = '';
  @state() private unfolded: boolean | null = null;

  static override styles = [
    controls,
    layout,
    css`
      .entry {
        display: grid;
        grid-template-columns: 2.25rem minmax(0, 1fr);
        gap: 0 var(--d-3);
      }
      .mark {
        display: grid;
        place-items: center;
        inline-size: 2.25rem;
        block-size: 2.25rem;
        border-radius: 50%;
        background: var(--d-accent-soft);
        color: var(--d-accent);
      }
      .mark[data-kind='feedback'] {
        color: var(--d-star);
      }
      .mark svg {
        inline-size: 1.25rem;
        block-size: 1.25rem;
      }
      .words {
        padding-block-start: 0.3rem;
        overflow-wrap: anywhere;
      }
      .words a {
        text-decoration-thickness: 1px;
      }
      .meta {
        color: var(--d-ink-soft);
        font-size: var(--d-text-s);
        gap: 0 var(--d-3);
      }
      .meta a {
        color: inherit;
        display: inline-flex;
        align-items: center;
        min-block-size: 1.75rem;
      }
      .fold {
        margin-inline-start: auto;
        min-block-size: 1.75rem;
        font-size: var(--d-text-s);
        white-space: nowrap;
      }
      .fold::before {
        content: '';
        inline-size: 0.45em;
        block-size: 0.45em;
        border: solid currentColor;
        border-width: 0 2px 2px 0;
        transform: rotate(-45deg);
        transition: transform var(--d-quick);
      }
      .fold[aria-expanded='true']::before {
        transform: rotate(45deg);
      }
      .raw {
        display: grid;
        gap: var(--d-4);
        padding: var(--d-4);
        margin-block: var(--d-1) var(--d-3);
        background: var(--d-raised);
        border-radius: var(--d-radius-s);
      }
      h3 {
        font-size: var(--d-text-s);
        margin-block-end: var(--d-2);
      }
      dl {
        display: grid;
        grid-template-columns: minmax(8rem, max-content) minmax(0, 1fr);
        gap: var(--d-1) var(--d-4);
        font-size: var(--d-text-s);
      }
      dt {
        color: var(--d-ink-soft);
        font-family: var(--d-mono);
        font-size: 0.92em;
      }
      /* So far apart that a finger finds the one it means. */
      dt,
      dd {
        min-block-size: 1.5rem;
      }
      dd {
        font-family: var(--d-mono);
        font-size: 0.92em;
        overflow-wrap: anywhere;
      }
      @media (max-width: 40rem) {
        .raw {
          margin-inline-start: calc(-2.25rem - var(--d-3));
        }
        dl {
          grid-template-columns: minmax(0, 1fr);
          gap: 0;
        }
        dd {
          margin-block-end: var(--d-2);
        }
      }
    `,
  ];

  override render() {
    const { context, entry } = this;
    if (context === null || entry === null) return nothing;
    const { words } = context;
    const said = sentence({ words, members: context.ledger.members }, entry);
    const shown = this.unfolded ?? this.open;
    return html`<div class="entry">
      <span class="mark" data-kind=${entry.kind}
        ><svg
          viewBox="0 0 24 24"
          fill="none"
          stroke="currentColor"
          stroke-width="1.6"
          stroke-linejoin="round"
          stroke-linecap="round"
          aria-hidden="true"
        >
          ${MARKS[entry.kind] ?? nothing}
        </svg></span
      >
      <div>
        <p class="words">${said.map((one) => (one.href === this.here ? one.text : piece(one)))}</p>
        <div class="row meta">
          <time datetime=${entry.time}>${words.time(entry.time)}</time>
          <a href=${pathOf.block(entry.block)}>${words.t('entry.block', { block: String(entry.block) })}</a>
          <a href=${pathOf.tx(entry.tx_hash)}>${words.t('entry.tx')}</a>
          <button class="plain fold" aria-expanded=${shown} aria-controls="raw" @click=${this.#toggle}>
            ${words.t('entry.raw')}
          </button>
        </div>
        ${shown ? this.#raw(entry, context) : nothing}
      </div>
    </div>`;
  }

  #raw(entry: Entry, { words }: Context) {
    const facts = factsOf(entry);
    const group = (name: keyof typeof facts) =>
      html`<section>
        <h3>${words.t(`raw.${name}`)}</h3>
        <dl>${facts[name].map((one) => this.#fact(one))}</dl>
      </section>`;
    return html`<div class="raw" id="raw">${group('item')} ${group('word')} ${group('place')} ${group('head')}</div>`;
  }

  #fact({ name, value, href, also }: Fact) {
    const shown = href === undefined ? value : html`<a href=${href}>${value}</a>`;
    return html`<dt>${name}</dt>
      <dd>${shown}${also === undefined ? nothing : html` <span class="soft">(${also})</span>`}</dd>`;
  }

  #toggle = () => {
    this.unfolded = !(this.unfolded ?? this.open);
  };
}

/** Draws a piece of a sentence. */
export function piece({ text, href }: Piece) {
  return href === null ? text : html`<a href=${href}>${text}</a>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'explorer-entry': ExplorerEntry;
  }
}
