/** `<d-header>`: the name, where one is, and the way to the other pages. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from './controls.ts';

/**
 * Attributes: `here` (`dashboard`, `explorer`, `docs`, or nothing); `keep`, where the page holds what would go with it (a key): then
 * the ways to other pages open beside it. Slot: what the page puts on the right.
 */
@customElement('d-header')
export class DHeader extends LitElement {
  @property() here = '';
  @property({ type: Boolean }) keep = false;

  static override styles = [
    controls,
    css`
      header {
        background: var(--d-surface);
        border-block-end: 1px solid var(--d-line);
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--d-2) var(--d-5);
        max-inline-size: 80rem;
        margin: 0 auto;
        padding: var(--d-3) var(--d-5);
      }
      .name {
        display: inline-flex;
        align-items: center;
        gap: var(--d-2);
        color: var(--d-ink);
        font-weight: 700;
        text-decoration: none;
        letter-spacing: -0.01em;
      }
      svg {
        inline-size: 1.5rem;
        block-size: 1.5rem;
        color: var(--d-accent);
      }
      nav {
        display: flex;
        gap: var(--d-4);
      }
      nav a {
        padding: var(--d-2) 0;
        color: var(--d-ink-soft);
        text-decoration: none;
        border-block-end: 2px solid transparent;
      }
      nav a:hover {
        color: var(--d-ink);
      }
      nav a[aria-current] {
        color: var(--d-ink);
        border-color: var(--d-accent);
      }
      .rest {
        min-inline-size: 0;
        max-inline-size: 100%;
        margin-inline-start: auto;
      }
      @media (max-width: 30rem) {
        .row {
          padding: var(--d-2) var(--d-4);
        }
        .rest {
          flex: 1 1 auto;
        }
      }
      @media (max-width: 24rem) {
        /* There is room for the name or for where one is, and the house stays. */
        :host([here]:not([here=''])) .word {
          position: absolute;
          inline-size: 1px;
          block-size: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
        .row {
          column-gap: var(--d-4);
        }
        nav {
          gap: var(--d-3);
        }
      }
    `,
  ];

  override render() {
    const isAway = (path: string) => this.keep && this.here !== path;
    const link = (path: string, words: string) =>
      html`<a
        href="/${path}"
        target=${isAway(path) ? '_blank' : nothing}
        aria-current=${this.here === path ? 'page' : nothing}
        >${words}${isAway(path) ? html`<span class="visually-hidden"> (opens in a new tab)</span>` : nothing}</a
      >`;
    return html`<header>
      <div class="row">
        <a
          class="name"
          href=${this.keep ? `/${this.here}` : '/explorer'}
          ><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">
            <path d="M5 21V9l7-6 7 6v12" />
            <path d="M3 21h18M10 21v-7h4v7" /></svg
          ><span class="word">Doorstep</span></a
        >
        <nav aria-label="Pages">${link('explorer', 'Explorer')} ${link('dashboard', 'Dashboard')}
          ${link('docs', 'API')}</nav>
        <div class="rest"><slot></slot></div>
      </div>
    </header>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'd-header': DHeader;
  }
}
