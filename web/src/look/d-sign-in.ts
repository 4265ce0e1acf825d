/** `<d-sign-in>`: a member's API key, kept in memory only: it is gone with the page. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Unreachable } from '../service/problems.ts';
import { controls } from './controls.ts';

/**
 * Attributes, all words in the reader's language: `heading`, `detail`, `label`, `action`, `refused`, `offline`.
 * Property `enter`: takes the key, and throws Problem or Unreachable where it does not get in.
 */
@customElement('d-sign-in')
export class DSignIn extends LitElement {
  @property() heading = '';
  @property() detail = '';
  @property() label = '';
  @property() action = '';
  @property() refused = '';
  @property() offline = '';
  @property({ attribute: false }) enter: (key: string) => Promise<void> = async () => {};
  @state() private busy = false;
  @state() private failure: 'refused' | 'offline' | null = null;

  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      form {
        display: grid;
        gap: var(--d-3);
        max-inline-size: 30rem;
        margin: 0 auto;
      }
      .field {
        display: grid;
        gap: var(--d-1);
      }
      input {
        font-family: var(--d-mono);
      }
    `,
  ];

  override render() {
    return html`<form class="card" @submit=${this.#submit}>
      <h2>${this.heading}</h2>
      <p class="soft">${this.detail}</p>
      <div class="field">
        <label for="key">${this.label}</label>
        <input
          id="key"
          type="password"
          autocomplete="off"
          spellcheck="false"
          required
          aria-invalid=${this.failure === 'refused'}
          aria-describedby="failure"
        />
      </div>
      <p id="failure" role="alert" class=${this.failure === null ? '' : 'note bad'}>
        ${this.failure === null ? nothing : this[this.failure]}
      </p>
      <button class="primary" ?disabled=${this.busy}>${this.action}</button>
    </form>`;
  }

  override focus(): void {
    this.renderRoot.querySelector('input')?.focus();
  }

  #submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const input = this.renderRoot.querySelector('input') as HTMLInputElement;
    const key = input.value.trim();
    if (key === '') return;
    this.busy = true;
    this.failure = null;
    try {
      await this.enter(key);
      input.value = '';
    } catch (error) {
      this.failure = error instanceof Unreachable ? 'offline' : 'refused';
      await this.updateComplete;
      input.focus();
    } finally {
      this.busy = false;
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'd-sign-in': DSignIn;
  }
}
