/** `<explorer-tx>`: the entries that one transaction brought. */

import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import '../look/d-copy.ts';
import type { Entry } from '../service/models.ts';
import type { Context } from './context.ts';
import type { Listed } from './explorer-entries.ts';
import './explorer-entries.ts';
import { layout } from './explorer-styles.ts';
import { shortHash } from './record/sentences.ts';
import { pathOf } from './routes.ts';

/** Properties: `context`, `hash`. */
@customElement('explorer-tx')
export class ExplorerTx extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property() hash = '';
  @state() private first: Entry | null = null;
  #query = {};

  static override styles = [controls, layout];

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has('hash')) return;
    this.first = null;
    this.#query = { tx: this.hash };
  }

  override render() {
    if (this.context === null) return nothing;
    const { words } = this.context;
    const { first } = this;
    return html`<div class="stack">
      <div>
        <h1>${words.t('title.tx', { what: shortHash(this.hash) })}</h1>
        <d-copy
          value=${this.hash}
          label=${words.t('copy')}
          copied=${words.t('copied')}
          name=${words.t('tx.hash')}
        ></d-copy>
        ${
          first === null
            ? nothing
            : html`<p class="soft">
                <a href=${pathOf.block(first.block)}>${words.t('entry.block', { block: String(first.block) })}</a>,
                <time datetime=${first.time}>${words.time(first.time)}</time>
              </p>`
        }
      </div>
      <explorer-entries
        .context=${this.context}
        .query=${this.#query}
        heading=${words.t('tx.entries')}
        order="oldest"
        limit="50"
        empty=${words.t('tx.none')}
        @listed=${this.#listed}
      ></explorer-entries>
      <p class="small soft">${words.t('tx.only-entries')}</p>
    </div>`;
  }

  #listed = (event: CustomEvent<Listed>) => {
    this.first = event.detail.entries[0] ?? null;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'explorer-tx': ExplorerTx;
  }
}
