/** Styles that the dashboard's views share. */

import { css } from 'lit';
import { quoteStyles } from '../look/quote.ts';

export const shared = css`
  :host {
    display: block;
  }
  h1:focus {
    outline: none;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    justify-content: space-between;
    gap: var(--d-3) var(--d-5);
    margin-block-end: var(--d-4);
  }
  .stack {
    display: grid;
    gap: var(--d-5);
    min-inline-size: 0;
  }
  .stack > * {
    min-inline-size: 0;
  }
  .stack > .head {
    margin: 0;
  }
  .fields {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: var(--d-3) var(--d-4);
  }
  .field {
    display: grid;
    gap: var(--d-1);
    min-inline-size: 0;
  }
  .field label {
    font-size: var(--d-text-s);
  }
  .card h2 {
    margin-block-end: var(--d-3);
  }
  .value {
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .under {
    display: block;
    color: var(--d-ink-soft);
    font-weight: 400;
    font-size: var(--d-text-s);
    font-variant-numeric: tabular-nums;
  }
  .line {
    display: block;
  }
  tbody th {
    white-space: normal;
  }
  td .line {
    white-space: nowrap;
  }
  ul + .small {
    margin-block-start: var(--d-3);
  }
  .scroll {
    position: relative;
  }
  .scroll td.number {
    white-space: nowrap;
  }
  /* What a row is about stays in sight while its table is pushed aside. */
  @media (max-width: 48rem) {
    .scroll :is(tbody th, thead th:first-child) {
      position: sticky;
      inset-inline-start: 0;
      max-inline-size: 8rem;
      background: var(--d-surface);
    }
    .scroll tbody tr:hover th {
      background: var(--d-raised);
    }
  }
  .touch {
    display: inline-flex;
    align-items: center;
    min-block-size: var(--d-touch);
    min-inline-size: var(--d-touch);
  }
  .bar {
    display: block;
    inline-size: 100%;
    block-size: 0.875rem;
    overflow: visible;
  }
  .bar .ground {
    fill: var(--d-raised);
  }
  .bar .tick {
    stroke: var(--d-line-strong);
    stroke-width: 1;
    vector-effect: non-scaling-stroke;
  }
  .bar .band {
    fill: var(--d-accent);
    opacity: 0.35;
  }
  .bar .mean {
    stroke: var(--d-accent);
    stroke-width: 3;
    vector-effect: non-scaling-stroke;
  }
  .spark {
    display: block;
    inline-size: 7rem;
    block-size: 1.75rem;
    overflow: visible;
  }
  .spark .floor {
    stroke: var(--d-line);
    stroke-width: 1;
  }
  .spark polyline {
    fill: none;
    stroke: var(--d-accent);
    stroke-width: 2;
    stroke-linejoin: round;
  }
  .spark circle {
    fill: var(--d-accent);
  }
`;

/** Styles of `feedbackBody`. */
export const feedbackStyles = css`
  .star-row {
    color: var(--d-star);
    letter-spacing: 0.08em;
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: var(--d-2);
    margin-block: var(--d-2);
  }
  .chips li {
    padding: 0.1em 0.7em;
    border-radius: 99px;
    background: var(--d-raised);
    font-size: var(--d-text-s);
  }
  ${quoteStyles}
  blockquote {
    margin-block-start: var(--d-2);
    padding: var(--d-2) var(--d-3);
  }
`;

/** Styles of a list's cards, where there is no room for its table. */
export const cardsStyles = css`
  .cards {
    display: grid;
    gap: var(--d-4);
  }
  .cards h3 {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--d-2);
    font-size: var(--d-text-l);
  }
  .cards .card {
    box-shadow: none;
    padding: var(--d-3) var(--d-4);
  }
  dl {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(11rem, 100%), 1fr));
    gap: var(--d-3) var(--d-4);
    margin-block-start: var(--d-2);
  }
  dt {
    color: var(--d-ink-soft);
    font-size: var(--d-text-s);
  }
  /* As high as the words beside it, and still as large to touch. */
  .cards dd .touch {
    margin-block: calc((1.5rem - var(--d-touch)) / 2);
  }
`;

/** Styles of the drivers' table and what is in its cards. */
export const driversStyles = css`
  th button {
    min-block-size: var(--d-touch);
    padding: 0 var(--d-3);
    border: 0;
    background: none;
    color: inherit;
    font-size: inherit;
    white-space: nowrap;
  }
  th:has(button) {
    padding: 0;
  }
  .arrow {
    inline-size: 0.8em;
  }
  tbody th {
    text-align: start;
  }
  td.overall {
    min-inline-size: 10rem;
  }
  :is(th, td):is(.kept, .response, .issues, .count) {
    text-align: end;
  }
  th:is(.kept, .response, .issues, .count) button {
    flex-direction: row-reverse;
  }
  .end {
    display: flex;
    flex-wrap: wrap;
    gap: var(--d-3);
  }
  td.response {
    min-inline-size: 10.5rem;
  }
  dialog form {
    margin-block-start: var(--d-4);
  }
  tbody th {
    padding-inline-end: 0;
  }
  .spark-button {
    display: inline-grid;
    justify-items: start;
    gap: 0;
    padding: var(--d-1) var(--d-2);
    border-color: transparent;
    background: none;
  }
  dd .spark-button {
    margin-inline-start: calc(-1 * var(--d-2));
  }
  .least {
    inline-size: 8rem;
  }
  dialog {
    max-inline-size: min(30rem, calc(100vw - 2rem));
    border: 1px solid var(--d-line);
    border-radius: var(--d-radius);
    background: var(--d-surface);
    color: var(--d-ink);
    padding: var(--d-5);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 45%);
  }
`;
