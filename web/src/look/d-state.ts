/** `<d-state>`: why there is nothing to see (yet), and what to do about it. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from './controls.ts';

/** Attributes: `kind`, `heading`, `detail`, `action`. Event: `act`, when the action's button is pressed. */
@customElement('d-state')
export class DState extends LitElement {
  @property() kind: 'loading' | 'empty' | 'error' | 'offline' = 'loading';
  @property() heading = '';
  @property() detail = '';
  @property() action = '';

  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      div {
        display: grid;
        justify-items: center;
        gap: var(--d-3);
        padding: var(--d-6) var(--d-4);
        text-align: center;
        color: var(--d-ink-soft);
      }
      strong {
        color: var(--d-ink);
      }
      .turn {
        inline-size: 1.75rem;
        block-size: 1.75rem;
        border: 3px solid var(--d-line);
        border-block-start-color: var(--d-accent);
        border-radius: 50%;
        animation: turn 0.9s linear infinite;
      }
      @keyframes turn {
        to {
          transform: rotate(1turn);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .turn {
          animation: none;
        }
      }
    `,
  ];

  override render() {
    return html`<div role=${this.kind === 'error' ? 'alert' : 'status'}>
      ${this.kind === 'loading' ? html`<span class="turn" aria-hidden="true"></span>` : nothing}
      <strong part="heading">${this.heading}</strong>
      ${this.detail === '' ? nothing : html`<span>${this.detail}</span>`}
      ${
        this.action === ''
          ? nothing
          : html`<button @click=${() => this.dispatchEvent(new Event('act'))}>${this.action}</button>`
      }
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'd-state': DState;
  }
}
