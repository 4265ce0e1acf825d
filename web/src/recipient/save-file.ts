/** `<save-file>`: a button that saves a text as a file. */

import { html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';

/** Properties: `label`, `name` (of the file), `content` (gives the text when it is wanted). */
@customElement('save-file')
export class SaveFile extends LitElement {
  @property() label = '';
  @property() name = 'doorstep.txt';
  @property({ attribute: false }) content: () => string = () => '';

  static override styles = controls;

  override render() {
    return html`<button type="button" @click=${this.#save}>${this.label}</button>`;
  }

  #save = () => {
    const type = this.name.endsWith('.json') ? 'application/json' : 'text/plain';
    const url = URL.createObjectURL(new Blob([this.content()], { type }));
    const link = document.createElement('a');
    link.href = url;
    link.download = this.name;
    link.click();
    URL.revokeObjectURL(url);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'save-file': SaveFile;
  }
}
