/** `<save-file>`: a button that saves a text as a file. */

import { css, html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from './controls.ts';

const TYPES: Readonly<Record<string, string>> = { json: 'application/json', csv: 'text/csv;charset=utf-8' };

/**
 * Properties: `label`, `name` (of the file), `content` (gives the text when it is wanted), `failed` (what to say where
 * it cannot be had), `plain` (a quiet button).
 */
@customElement('save-file')
export class SaveFile extends LitElement {
  @property() label = '';
  @property() failed = '';
  @property({ type: Boolean }) plain = false;
  @property() name = 'doorstep.txt';
  @property({ attribute: false }) content: () => string | Promise<string> = () => '';
  @state() private busy = false;
  @state() private trouble = '';

  static override styles = [
    controls,
    css`
      button.plain {
        padding-inline: 0;
      }
    `,
  ];

  override render() {
    return html`<button
        type="button"
        class=${this.plain ? 'plain' : ''}
        aria-disabled=${this.busy}
        @click=${this.#save}
      >${this.label}</button>
      <p role="alert" class=${this.trouble === '' ? '' : 'note watch'}>${this.trouble}</p>`;
  }

  #save = async () => {
    if (this.busy) return;
    this.busy = true;
    this.trouble = '';
    try {
      const type = TYPES[this.name.split('.').at(-1) ?? ''] ?? 'text/plain';
      const url = URL.createObjectURL(new Blob([await this.content()], { type }));
      const link = document.createElement('a');
      link.href = url;
      link.download = this.name;
      link.click();
      URL.revokeObjectURL(url);
    } catch {
      this.trouble = this.failed;
    } finally {
      this.busy = false;
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'save-file': SaveFile;
  }
}
