/** `<keep-access>`: who sees what, and the code that brings this delivery to another device. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toBase64Url } from '../core/hex.ts';
import { controls } from '../look/controls.ts';
import '../look/d-copy.ts';
import type { Words } from '../words/words.ts';
import type { Snapshot } from './flow.ts';
import './save-file.ts';
import type { Visit } from './visit.ts';

/** Properties: `words`, `visit`, `seen`. */
@customElement('keep-access')
export class KeepAccess extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) visit!: Visit;
  @property({ attribute: false }) seen!: Snapshot;
  @state() private shown = false;

  static override styles = [
    controls,
    css`
      section,
      .code {
        display: grid;
        gap: var(--d-3);
      }
      section + section {
        margin-block-start: var(--d-5);
      }
      button {
        justify-self: start;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--d-3);
      }
    `,
  ];

  override render() {
    const { words, seen } = this;
    return html`<section class="card">
        <h2>${words.t('privacy.heading')}</h2>
        <p>${words.t('privacy.chain')}</p>
        <p>${words.t('privacy.text')}</p>
        <p class="soft small">${words.t('privacy.key')}</p>
      </section>
      ${
        seen.possession === null
          ? nothing
          : html`<section class="card">
              <h2>${words.t('keep.heading')}</h2>
              <p>${words.t('keep.text')}</p>
              ${this.shown ? this.#code(seen.possession.seed) : this.#button()}
            </section>`
      }`;
  }

  #button() {
    return html`<button
      @click=${() => {
        this.shown = true;
      }}
    >
      ${this.words.t('keep.show')}
    </button>`;
  }

  #code(seed: Uint8Array) {
    const { words } = this;
    const code = toBase64Url(seed);
    return html`<div class="code">
      <p class="note watch">${words.t('keep.warning')}</p>
      <d-copy
        value=${code}
        label=${words.t('copy')}
        copied=${words.t('copied')}
        name=${words.t('keep.code')}
      ></d-copy>
      <div class="actions">
        <save-file
          label=${words.t('keep.save')}
          name="doorstep-code.txt"
          .content=${() => `${words.t('keep.file')}\n\n${code}\n`}
        ></save-file>
        <button
          class="plain"
          @click=${() => {
            this.shown = false;
          }}
        >
          ${words.t('keep.hide')}
        </button>
      </div>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'keep-access': KeepAccess;
  }
}
