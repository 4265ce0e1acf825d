/** `<d-copy>`: a value to keep (a digest, a command, a code), with a button that copies it. */

import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from './controls.ts';
import { Copying } from './copying.ts';

/** Attributes: `value`, `short` (show only both ends), `label` and `copied` (the button's words), `name` (what it is). */
@customElement('d-copy')
export class DCopy extends LitElement {
  @property() value = '';
  @property({ type: Boolean }) short = false;
  @property() label = 'Copy';
  @property() copied = 'Copied';
  @property() name = '';
  readonly #copying = new Copying(this, () => this.value);

  static override styles = [
    controls,
    css`
      :host {
        display: inline-flex;
        max-inline-size: 100%;
      }
      div {
        display: flex;
        align-items: center;
        gap: var(--d-2);
        min-inline-size: 0;
      }
      code {
        font-family: var(--d-mono);
        font-size: 0.875em;
        overflow-wrap: anywhere;
      }
      @media (max-width: 30rem) {
        div {
          flex-wrap: wrap;
          gap: 0 var(--d-2);
        }
      }
      button {
        min-block-size: 2rem;
        font-size: var(--d-text-s);
        padding: 0 var(--d-2);
        flex: none;
      }
    `,
  ];

  override render() {
    const shown =
      this.short && this.value.length > 20
        ? `${this.value.slice(0, 10)}…${this.value.slice(-6)}`
        : this.value;
    return html`<div>
      <code title=${this.value}>${shown}</code
      ><button class="plain" @click=${this.#copying.copy} aria-label=${`${this.label} ${this.name}`.trim()}>
        <span aria-live="polite">${this.#copying.done ? this.copied : this.label}</span>
      </button>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'd-copy': DCopy;
  }
}
