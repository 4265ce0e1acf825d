/** `<d-standing>`: what the policy says of a driver. Insufficient is drawn as a blank, never as bad. */

import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Standing } from '../service/models.ts';

const MARKS: Readonly<Record<Standing, string>> = {
  recognised: '★',
  good: '✓',
  watch: '◔',
  investigate: '!',
  insufficient: '·',
};

/** Attributes: `standing`, `label` (in the reader's language). A mark stands beside the colour. */
@customElement('d-standing')
export class DStanding extends LitElement {
  @property() standing: Standing = 'insufficient';
  @property() label = '';

  static override styles = css`
    span {
      display: inline-flex;
      align-items: center;
      gap: 0.4em;
      padding: 0.1em 0.7em 0.1em 0.55em;
      border: 1px solid transparent;
      border-radius: 99px;
      font-size: var(--d-text-s);
      font-weight: 600;
      white-space: nowrap;
    }
    .recognised {
      background: var(--d-accent);
      color: var(--d-on-accent);
    }
    .good {
      background: var(--d-good-soft);
      color: var(--d-good);
    }
    .watch {
      background: var(--d-watch-soft);
      color: var(--d-watch);
    }
    .investigate {
      background: var(--d-bad-soft);
      color: var(--d-bad);
    }
    .insufficient {
      border: 1px dashed var(--d-line-strong);
      color: var(--d-ink-soft);
      font-weight: 400;
    }
  `;

  override render() {
    return html`<span class=${this.standing}
      ><i aria-hidden="true">${MARKS[this.standing]}</i>${this.label || this.standing}</span
    >`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'd-standing': DStanding;
  }
}
