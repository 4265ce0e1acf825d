/** `<privacy-note>`: who sees what of the recipient's feedback. */

import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Words } from '../words/words.ts';

/** Property: `words`. */
@customElement('privacy-note')
export class PrivacyNote extends LitElement {
  @property({ attribute: false }) words!: Words;

  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: var(--d-3);
      }
    `,
  ];

  override render() {
    const { words } = this;
    return html`<h2>${words.t('privacy.heading')}</h2>
      <p>${words.t('privacy.chain')}</p>
      <p>${words.t('privacy.text')}</p>
      <p class="soft small">${words.t('privacy.key')}</p>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'privacy-note': PrivacyNote;
  }
}
