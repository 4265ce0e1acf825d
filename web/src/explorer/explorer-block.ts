/** `<explorer-block>`: the entries that stand in one block. */

import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Entry } from '../service/models.ts';
import type { Context } from './context.ts';
import type { Listed } from './explorer-entries.ts';
import './explorer-entries.ts';
import { layout } from './explorer-styles.ts';
import { pathOf } from './routes.ts';

/** Properties: `context`, `number`. */
@customElement('explorer-block')
export class ExplorerBlock extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property({ attribute: false }) number = 0;
  @state() private first: Entry | null = null;
  @state() private indexed = 0;
  #query = {};

  static override styles = [
    controls,
    layout,
    css`
      nav {
        margin-block-start: var(--d-3);
      }
    `,
  ];

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has('number')) return;
    this.first = null;
    this.#query = { from_block: this.number, to_block: this.number };
  }

  override render() {
    if (this.context === null) return nothing;
    const { words, status } = this.context;
    const { first, number } = this;
    const indexed = Math.max(status.indexed_block ?? 0, this.indexed);
    return html`<div class="stack">
      <div>
        <h1>${words.t('block.title', { block: String(number) })}</h1>
        ${first === null ? nothing : html`<p class="soft"><time datetime=${first.time}>${words.time(first.time)}</time></p>`}
        <nav class="row" aria-label=${words.t('block.neighbours')}>
          ${number > 0 ? html`<a class="button" href=${pathOf.block(number - 1)}>${words.t('block.before')}</a>` : nothing}
          ${number < indexed ? html`<a class="button" href=${pathOf.block(number + 1)}>${words.t('block.after')}</a>` : nothing}
        </nav>
      </div>
      <explorer-entries
        .context=${this.context}
        .query=${this.#query}
        heading=${words.t('block.entries')}
        order="oldest"
        limit="50"
        empty=${words.t(number > indexed ? 'block.not-yet' : 'block.none')}
        @listed=${this.#listed}
      ></explorer-entries>
    </div>`;
  }

  #listed = (event: CustomEvent<Listed>) => {
    this.first = event.detail.entries[0] ?? null;
    this.indexed = event.detail.block ?? 0;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'explorer-block': ExplorerBlock;
  }
}
