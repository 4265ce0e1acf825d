/** What the elements that take the form's place have in common: a heading with a mark, and where the focus goes. */

import { type CSSResultGroup, css, html, LitElement } from 'lit';
import { property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import { quoteStyles } from '../look/quote.ts';
import type { Words } from '../words/words.ts';
import type { Snapshot } from './flow.ts';
import { KeepFocus } from './focus.ts';

/** Properties: `words`, `seen`. */
export abstract class OutcomeView extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) seen!: Snapshot;

  static override styles: CSSResultGroup = [
    controls,
    quoteStyles,
    css`
      :host {
        display: grid;
        gap: var(--d-4);
      }
      .head {
        display: flex;
        align-items: center;
        gap: var(--d-3);
      }
      .mark {
        flex: none;
        display: grid;
        place-items: center;
        inline-size: 2.5rem;
        block-size: 2.5rem;
        border-radius: 50%;
        background: var(--d-accent-soft);
        color: var(--d-accent);
        font-weight: 700;
      }
      .good .mark {
        background: var(--d-good-soft);
        color: var(--d-good);
      }
      .bad .mark {
        background: var(--d-bad-soft);
        color: var(--d-bad);
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: var(--d-3);
      }
    `,
  ];

  constructor() {
    super();
    new KeepFocus(this, () => this.next());
  }

  /** Ids to move the focus to when what had it goes. */
  protected next(): readonly string[] {
    return ['heading'];
  }

  protected heading(mark: string, tone: 'good' | 'bad' | '', text: string) {
    return html`<div class="head ${tone}">
      <span class="mark" aria-hidden="true">${mark}</span>
      <h2 id="heading" part="heading" tabindex="-1">${text}</h2>
    </div>`;
  }
}
