/** `<d-sign-in>`: a member's API key, kept in memory only: it is gone with the page. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { Problem } from '../service/problems.ts';
import { controls } from './controls.ts';

/**
 * Attributes, all words in the reader's language: `heading`, `detail`, `label`, `action`, `kept` (what becomes of the key);
 * `under`, where the page has a first heading already.
 * Property `enter` takes the key, and throws where it does not get in; `explain` says in words why. Slot: a note under
 * the heading. A password manager may fill the key in.
 */
@customElement('d-sign-in')
export class DSignIn extends LitElement {
  @property() heading = '';
  @property() detail = '';
  @property() label = '';
  @property() action = '';
  @property() kept = '';
  @property({ type: Boolean }) under = false;
  @property({ attribute: false }) enter: (key: string) => Promise<void> = async () => {};
  @property({ attribute: false }) explain: (error: unknown) => string = String;
  @state() private busy = false;
  @state() private failure = '';
  @query('#key') private readonly field!: HTMLInputElement;

  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      .card {
        display: grid;
        gap: var(--d-4);
        max-inline-size: 30rem;
        margin: var(--d-6) auto;
      }
      form,
      .field {
        display: grid;
        gap: var(--d-2);
      }
      input {
        font-family: var(--d-mono);
      }
    `,
  ];

  override render() {
    return html`<div class="card">
      ${this.under ? html`<h2>${this.heading}</h2>` : html`<h1 tabindex="-1">${this.heading}</h1>`}
      <slot></slot>
      <p class="soft">${this.detail}</p>
      <form @submit=${this.#submit}>
        <div class="field">
          <label for="key">${this.label}</label>
          <input
            id="key"
            name="key"
            type="password"
            autocomplete="current-password"
            autocapitalize="none"
            spellcheck="false"
            required
            aria-describedby="kept failure"
            aria-invalid=${this.failure === '' ? 'false' : 'true'}
            ?readonly=${this.busy}
          />
        </div>
        <p id="failure" role="alert" class=${this.failure === '' ? '' : 'note bad'}>${this.failure}</p>
        <button class="primary" ?disabled=${this.busy}>${this.action}</button>
      </form>
      ${this.kept === '' ? nothing : html`<p id="kept" class="soft small">${this.kept}</p>`}
    </div>`;
  }

  #submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const key = this.field.value.trim();
    if (key === '' || this.busy) return;
    this.busy = true;
    this.failure = '';
    try {
      // What no header can hold is no key: fetch would throw, and name it.
      if (!/^[\x21-\x7e]+$/.test(key)) throw new Problem(401, 'unauthorized', '', {}, null);
      await this.enter(key);
      this.field.value = '';
    } catch (error) {
      this.failure = this.explain(error);
      this.field.select();
      this.field.focus();
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
