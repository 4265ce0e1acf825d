/** `<stars-line>`: ratings and issues of a feedback, to read. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { issuesOf } from '../core/vocabulary.ts';
import { controls } from '../look/controls.ts';
import { isCommentAlone, isWithdrawn } from '../service/feedback.ts';
import type { Words } from '../words/words.ts';
import { ASPECTS } from './situation.ts';
import { STAR } from './star.ts';

export interface Ratings {
  readonly overall: number;
  readonly timeliness: number;
  readonly packaging: number;
  readonly professionalism: number;
  readonly accuracy: number;
  readonly driver: number;
  readonly issues?: unknown;
  readonly issue_bits?: number;
  readonly content_hash: string;
}

/** Properties: `words`, `item`. */
@customElement('stars-line')
export class StarsLine extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) item!: Ratings;

  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: var(--d-2);
      }
      .stars {
        display: inline-flex;
        gap: 0.2rem;
        vertical-align: middle;
      }
      svg {
        display: block;
        inline-size: 1.4rem;
        fill: none;
        stroke: var(--d-line-strong);
        stroke-width: 1.4;
        stroke-linejoin: round;
      }
      .on svg {
        fill: var(--d-star);
        stroke: var(--d-star);
      }
      .about {
        margin-inline-start: var(--d-3);
        white-space: nowrap;
      }
      p {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: var(--d-1) var(--d-4);
      }
      .issues li {
        background: var(--d-raised);
        border-radius: 99px;
        padding: 0.1rem 0.7rem;
        font-size: var(--d-text-s);
      }
    `,
  ];

  override render() {
    const { words, item } = this;
    const bits = item.issue_bits ?? (typeof item.issues === 'number' ? item.issues : 0);
    const values = { ...item, issue_bits: bits };
    const rated = ASPECTS.filter((aspect) => item[aspect] > 0);
    const issues = issuesOf(bits);
    if (isWithdrawn(values)) return html`<p class="soft">${words.t('standing.withdrawn')}</p>`;
    return html`<p>
        ${isCommentAlone(values) ? words.t('stars.commentAlone') : this.#stars()}
      <span class="about soft small"
          >${item.driver === 0 ? words.t('about.nobodyShort') : words.t('about.number', { driver: String(item.driver) })}</span
        >
      </p>
      ${
        rated.length === 0
          ? nothing
          : html`<ul class="quiet-list small">
              ${rated.map(
                (aspect) =>
                  html`<li>${words.t(`aspect.${aspect}`)}: ${words.t('stars.of', { n: item[aspect] })}</li>`,
              )}
            </ul>`
      }
      ${
        issues.length === 0
          ? nothing
          : html`<ul class="quiet-list issues">
              ${issues.map((issue) => html`<li>${words.t(`issue.${issue}`)}</li>`)}
            </ul>`
      }`;
  }

  #stars() {
    const { words, item } = this;
    return html`<span class="stars" aria-hidden="true"
        >${[1, 2, 3, 4, 5].map((n) => html`<i class=${n <= item.overall ? 'on' : ''}>${STAR}</i>`)}</span
      >
      <span class="visually-hidden"
        >${
          item.overall === 0
            ? words.t('stars.none')
            : words.t('stars.name', { n: item.overall, word: words.t(`stars.${item.overall}`) })
        }</span
      >`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'stars-line': StarsLine;
  }
}
