/** `<keep-access>`: the code that brings the deliveries this device holds to another one. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toBase64Url } from '../core/hex.ts';
import { controls } from '../look/controls.ts';
import '../look/d-copy.ts';
import type { Words } from '../words/words.ts';
import '../look/save-file.ts';

/** Properties: `words`, `seed`, `bare` (the heading stands elsewhere). Shows the code only when asked to. */
@customElement('keep-access')
export class KeepAccess extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) seed!: Uint8Array;
  @property({ type: Boolean }) bare = false;
  @state() private shown = false;

  static override styles = [
    controls,
    css`
      :host,
      .code {
        display: grid;
        gap: var(--d-3);
      }
      button {
        justify-self: start;
      }
    `,
  ];

  override render() {
    const { words } = this;
    return html`${this.bare ? nothing : html`<h2>${words.t('keep.heading')}</h2>`}
      <p>${words.t('keep.text')}</p>
      <button aria-expanded=${this.shown} @click=${this.#turn}>
        ${words.t(this.shown ? 'keep.hide' : 'keep.show')}
      </button>
      ${this.shown ? this.#code() : nothing}`;
  }

  #code() {
    const { words } = this;
    const code = toBase64Url(this.seed);
    return html`<div class="code">
      <p class="note watch">${words.t('keep.warning')}</p>
      <d-copy
        value=${code}
        label=${words.t('copy')}
        copied=${words.t('copied')}
        name=${words.t('keep.code')}
      ></d-copy>
      <save-file
        label=${words.t('keep.save')}
        name="doorstep-code.txt"
        .content=${() => `${words.t('keep.file')}\n\n${code}\n`}
      ></save-file>
    </div>`;
  }

  #turn = () => {
    this.shown = !this.shown;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'keep-access': KeepAccess;
  }
}
