/** `<dash-as-of>`: the instant as of which figures show; "now" where none is chosen. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Words } from '../words/words.ts';
import { fromField, toField } from './instant.ts';
import { shared } from './styles.ts';

/** Properties: `words`, `value` (RFC 3339, or null). Event `dash-as-of` with the new value in `detail`. */
@customElement('dash-as-of')
export class DashAsOf extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) value: string | null = null;

  static override styles = [
    controls,
    shared,
    css`
      input {
        inline-size: auto;
        max-inline-size: 100%;
      }
      .fields {
        gap: var(--d-2);
      }
    `,
  ];

  override render() {
    const t = this.words.t.bind(this.words);
    return html`<div class="fields">
      <div class="field">
        <label for="instant">${t('as-of')}</label>
        <input
          id="instant"
          type="datetime-local"
          max="9999-12-31T23:59"
          .value=${toField(this.value ?? undefined)}
          @change=${(event: Event) => this.#say(fromField((event.target as HTMLInputElement).value))}
        />
      </div>
      ${
        this.value === null
          ? nothing
          : html`<button type="button" @click=${() => this.#say(null)}>${t('as-of.now')}</button>`
      }
    </div>`;
  }

  #say(detail: string | null): void {
    this.dispatchEvent(new CustomEvent('dash-as-of', { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-as-of': DashAsOf;
  }
}
