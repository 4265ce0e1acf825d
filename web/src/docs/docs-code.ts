/** `<docs-code>`: a command or an example, scrolling in itself, with a button that copies it. */

import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import { Copying } from '../look/copying.ts';

/** Attributes: `text`, `label` (seen), `name` (what it is among all on the page), `copy` and `copied` (the button's words). */
@customElement('docs-code')
export class DocsCode extends LitElement {
  @property() text = '';
  @property() label = '';
  @property() name = '';
  @property() copy = '';
  @property() copied = '';
  readonly #copying = new Copying(this, () => this.text);

  static override styles = [
    controls,
    css`
      :host {
        display: block;
        min-inline-size: 0;
      }
      div {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--d-3);
        color: var(--d-ink-soft);
        font-size: var(--d-text-s);
      }
      button {
        flex: none;
        min-block-size: 2rem;
        font-size: inherit;
      }
      pre {
        margin: 0;
        padding: var(--d-3) var(--d-4);
        max-block-size: 26rem;
        overflow: auto;
        border: 1px solid var(--d-line);
        border-radius: var(--d-radius-s);
        background: var(--d-ground);
        font-family: var(--d-mono);
        font-size: 0.8125rem;
        line-height: 1.55;
        tab-size: 2;
      }
      @media print {
        button {
          display: none;
        }
        pre {
          max-block-size: none;
          white-space: pre-wrap;
          overflow-wrap: anywhere;
        }
      }
    `,
  ];

  override render() {
    return html`<div>
        <span>${this.label}</span>
        <button class="plain" aria-label=${`${this.copy}: ${this.name}`} @click=${this.#copying.copy}>
          <span aria-live="polite">${this.#copying.done ? this.copied : this.copy}</span>
        </button>
      </div>
      <pre tabindex="0" role="group" aria-label=${this.name}><code>${this.text}</code></pre>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'docs-code': DocsCode;
  }
}
