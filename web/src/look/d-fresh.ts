/** `<d-fresh>`: as of what a view shows, what came since, and whether it could not be read again. */

import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from './controls.ts';

/**
 * Attributes, all words in the reader's language: `offer` (what came and does not show yet: "3 new deliveries"), `action`
 * (shows it); `trouble` (why it could not be read again), `retry` (reads it). Slot: as of what it shows.
 * Events: `show`, `retry`. Whoever listens is told once that something came, not of each.
 */
@customElement('d-fresh')
export class DFresh extends LitElement {
  @property() offer = '';
  @property() action = '';
  @property() trouble = '';
  @property() retry = '';
  @state() private said = '';

  static override styles = [
    controls,
    css`
      :host {
        display: block;
        margin-block: calc(-1 * var(--d-3));
      }
      /* Its place is always kept, so that nothing moves when something comes; then it stays in sight. */
      :host([offer]:not([offer=''])) {
        position: sticky;
        inset-block-start: 0;
        z-index: 2;
        background: var(--d-fresh-ground, var(--d-surface));
      }
      div {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0 var(--d-4);
        min-block-size: var(--d-touch);
      }
      .offer {
        border-color: var(--d-note);
        background: var(--d-note-soft);
        color: var(--d-note);
      }
      .trouble {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--d-2) var(--d-4);
        padding-block: var(--d-2);
      }
    `,
  ];

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has('offer')) return;
    if (this.offer === '') this.said = '';
    else if (this.said === '') this.said = this.offer;
  }

  override render() {
    return html`<div>
        <span class="soft small"><slot></slot></span>
        ${
          this.offer === ''
            ? nothing
            : html`<button class="offer" @click=${this.#tell('show')}>${this.offer}: ${this.action}</button>`
        }
      </div>
      <p class="visually-hidden" role="status">${this.said}</p>
      ${
        this.trouble === ''
          ? nothing
          : html`<p class="note watch trouble" role="status">
              <span>${this.trouble}</span><button @click=${this.#tell('retry')}>${this.retry}</button>
            </p>`
      }`;
  }

  #tell = (event: 'show' | 'retry') => () => this.dispatchEvent(new Event(event));
}

declare global {
  interface HTMLElementTagNameMap {
    'd-fresh': DFresh;
  }
}
