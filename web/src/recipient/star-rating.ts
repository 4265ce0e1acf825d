/** `<star-rating>`: one to five stars, as a group of radio buttons. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { controls } from '../look/controls.ts';
import { KeepFocus } from './focus.ts';
import { STAR } from './star.ts';

const STARS = [1, 2, 3, 4, 5] as const;

/**
 * Properties: `value` (0: not rated), `legend`, `names` (a word for each star, by number), `small`, `clear` (the words
 * of a button that takes the rating back; none without). Event: `rated`, detail the value.
 */
@customElement('star-rating')
export class StarRating extends LitElement {
  @property({ type: Number }) value = 0;
  @property() legend = '';
  @property({ attribute: false }) name: (stars: number) => string = String;
  @property({ attribute: false }) word: (stars: number) => string = String;
  @property({ type: Boolean, reflect: true }) small = false;
  @property() clear = '';

  constructor() {
    super();
    new KeepFocus(this, () => ['first']); // Clearing takes its button away.
  }

  static override styles = [
    controls,
    css`
      fieldset {
        border: 0;
        margin: 0;
        padding: 0;
        min-inline-size: 0;
        display: grid;
        gap: var(--d-2);
      }
      legend {
        padding: 0;
        margin-block-end: var(--d-2);
        color: var(--d-ink-soft);
      }
      .stars {
        display: flex;
        max-inline-size: 22rem;
        margin-inline: -0.2rem;
      }
      label {
        position: relative;
        flex: 1;
        display: grid;
        place-items: center;
        min-block-size: 3.5rem;
        border-radius: var(--d-radius-s);
        cursor: pointer;
        color: var(--d-line-strong);
      }
      label.on {
        color: var(--d-star);
      }
      label:has(:focus-visible) {
        outline: 3px solid var(--d-focus);
        outline-offset: -2px;
      }
      input {
        position: absolute;
        inset: 0;
        inline-size: 100%;
        block-size: 100%;
        margin: 0;
        opacity: 0;
        cursor: pointer;
      }
      svg {
        inline-size: min(2.9rem, 88%);
        fill: none;
        stroke: currentColor;
        stroke-width: 1.4;
        stroke-linejoin: round;
        transition: transform var(--d-quick);
        pointer-events: none;
      }
      .on svg {
        fill: currentColor;
      }
      @media (hover: hover) {
        label:hover svg {
          transform: scale(1.08);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        label:hover svg {
          transform: none;
        }
      }
      .word {
        font-weight: 600;
      }
      :host([small]) fieldset {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 var(--d-4);
      }
      :host([small]) legend {
        float: inline-start;
        flex: 1 1 12rem;
        inline-size: auto;
        font-size: var(--d-text);
        font-weight: 400;
        margin: 0;
      }
      :host([small]) .stars {
        flex: none;
        inline-size: 13.75rem;
        margin-inline-start: -0.45rem;
      }
      :host([small]) .row {
        flex: 1;
      }
      :host([small]) label {
        min-block-size: 2.75rem;
      }
      :host([small]) svg {
        inline-size: 1.75rem;
      }
      :host([small]) .word {
        font-weight: 400;
        color: var(--d-ink-soft);
        font-size: var(--d-text-s);
      }
      .row {
        display: flex;
        align-items: center;
        gap: var(--d-2);
      }
      .row button {
        min-block-size: 2.75rem;
        font-size: var(--d-text-s);
      }
    `,
  ];

  override render() {
    return html`<fieldset>
      <legend part="legend">${this.legend}</legend>
      <div class="stars" part="stars">${STARS.map((stars) => this.#star(stars))}</div>
      <div class="row">
        <span class="word" aria-hidden="true">${this.value === 0 ? nothing : this.word(this.value)}</span>
        ${
          this.clear === '' || this.value === 0
            ? nothing
            : html`<button type="button" class="plain" aria-label=${`${this.clear}: ${this.legend}`} @click=${() => this.#rate(0)}>
                ${this.clear}
              </button>`
        }
      </div>
    </fieldset>`;
  }

  #star(stars: number) {
    return html`<label class=${stars <= this.value ? 'on' : ''} title=${this.word(stars)}
      ><input
        id=${stars === 1 ? 'first' : nothing}
        type="radio"
        name="stars"
        value=${stars}
        aria-label=${this.name(stars)}
        .checked=${live(stars === this.value)}
        @change=${() => this.#rate(stars)}
      />${STAR}</label>`;
  }

  #rate(value: number) {
    this.value = value;
    this.dispatchEvent(new CustomEvent<number>('rated', { detail: value }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'star-rating': StarRating;
  }
}
