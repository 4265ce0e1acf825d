/** `<import-code>`: brings the code of another device here. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { fromBase64Url } from '../core/hex.ts';
import { controls } from '../look/controls.ts';
import type { Words } from '../words/words.ts';
import type { Visit } from './visit.ts';

/** Properties: `words`, `visit`. */
@customElement('import-code')
export class ImportCode extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) visit!: Visit;
  @state() private wrong = '';
  @state() private busy = false;

  static override styles = [
    controls,
    css`
      form {
        display: grid;
        gap: var(--d-2);
      }
      .error {
        color: var(--d-bad);
        font-weight: 600;
      }
      button {
        justify-self: start;
      }
    `,
  ];

  override render() {
    const { words } = this;
    return html`<form @submit=${this.#submit}>
      <label for="code">${words.t('import.label')}</label>
      <input
        id="code"
        type="text"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        maxlength="200"
        aria-describedby="wrong"
        aria-invalid=${this.wrong !== ''}
      />
      <p id="wrong" class="error" role="alert">${this.wrong === '' ? nothing : words.t(`import.${this.wrong}`)}</p>
      <button aria-disabled=${this.busy}>${words.t('import.button')}</button>
    </form>`;
  }

  #submit = async (event: Event) => {
    event.preventDefault();
    if (this.busy) return;
    const field = this.renderRoot.querySelector('input');
    const seed = fromBase64Url(field?.value.replace(/\s/g, '') ?? '');
    if (seed === null) {
      this.wrong = 'noCode';
      field?.focus();
      return;
    }
    this.busy = true;
    this.wrong = '';
    try {
      await this.visit.importSeed(seed);
    } catch (error) {
      this.wrong = error instanceof Error && error.name === 'NotThisDelivery' ? 'another' : 'failed';
    } finally {
      this.busy = false;
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'import-code': ImportCode;
  }
}
