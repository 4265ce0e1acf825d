/** `<document-check>`: does a text belong to a hash on chain? Computed on this device; nothing is sent. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Entry } from '../service/models.ts';
import type { Context } from './context.ts';
import { layout } from './explorer-styles.ts';
import { type Belonging, belongs } from './record/documents.ts';

/** Properties: `context`, `entries` (those whose documents are asked for). */
@customElement('document-check')
export class DocumentCheck extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property({ attribute: false }) entries: readonly Entry[] = [];
  @state() private found: Belonging | null = null;

  static override styles = [
    controls,
    layout,
    css`
      form {
        display: grid;
        gap: var(--d-3);
        padding-block-start: var(--d-2);
      }
      [role='status'] .note {
        margin-block-start: var(--d-4);
      }
      label {
        display: block;
        margin-block-end: var(--d-1);
      }
      textarea,
      input {
        font-family: var(--d-mono);
      }
    `,
  ];

  override render() {
    if (this.context === null) return nothing;
    const { words } = this.context;
    return html`<section class="card">
      <h2>${words.t('document.heading')}</h2>
      <p class="soft">${words.t('document.what')}</p>
      <details>
        <summary>${words.t('document.open')}</summary>
        <form @submit=${this.#check}>
          <div>
            <label for="text">${words.t('document.text')}</label>
            <textarea id="text" rows="4" required></textarea>
          </div>
          <div>
            <label for="salt">${words.t('document.salt')}</label>
            <input id="salt" autocomplete="off" spellcheck="false" required />
          </div>
          <div><button class="primary">${words.t('document.check')}</button></div>
        </form>
      </details>
      <div role="status">${this.found === null ? nothing : this.#result(this.found)}</div>
    </section>`;
  }

  #result(found: Belonging) {
    const { words } = this.context as Context;
    if (found.kind === 'salt') return html`<p class="note watch">${words.t('document.bad-salt')}</p>`;
    if (found.kind === 'none')
      return html`<p class="note bad"><strong>${words.t('document.no')}</strong> ${words.t('document.no-detail')}</p>`;
    const { entry } = found;
    return html`<p class="note good">
      <strong>${words.t('document.yes')}</strong>
      ${words.t('document.yes-detail', { kind: words.t(`kind.${entry.kind}`), time: words.time(entry.time), hash: found.hash })}
    </p>`;
  }

  #check = (event: SubmitEvent) => {
    event.preventDefault();
    const text = this.renderRoot.querySelector('textarea')?.value ?? '';
    const salt = this.renderRoot.querySelector('input')?.value ?? '';
    this.found = belongs(text, salt, this.entries);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'document-check': DocumentCheck;
  }
}
