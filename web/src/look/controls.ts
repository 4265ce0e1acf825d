/** Styles that shadow roots share: text, buttons, fields, cards, tables. */

import { css } from 'lit';

export const controls = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  :focus-visible {
    outline: 3px solid var(--d-focus);
    outline-offset: 2px;
  }
  h1,
  h2,
  h3,
  p,
  ol,
  ul,
  dl,
  dd,
  figure {
    margin: 0;
  }
  h1,
  h2,
  h3,
  p,
  li,
  dd {
    overflow-wrap: anywhere;
  }
  h1 {
    font-size: var(--d-text-xl);
    line-height: 1.2;
    letter-spacing: -0.01em;
    text-wrap: balance;
  }
  h2 {
    font-size: var(--d-text-l);
    line-height: 1.3;
  }
  h3 {
    font-size: var(--d-text);
  }
  a {
    color: var(--d-accent);
    text-underline-offset: 0.15em;
  }
  .soft {
    color: var(--d-ink-soft);
  }
  .small {
    font-size: var(--d-text-s);
  }
  .mono {
    font-family: var(--d-mono);
    font-size: 0.92em;
    overflow-wrap: anywhere;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .quiet-list {
    list-style: none;
    padding: 0;
  }
  .visually-hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .card {
    background: var(--d-surface);
    border: 1px solid var(--d-line);
    border-radius: var(--d-radius);
    box-shadow: var(--d-shadow);
    padding: var(--d-5);
  }
  @media (max-width: 30rem) {
    .card {
      padding: var(--d-4);
    }
  }

  button,
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--d-2);
    min-block-size: var(--d-touch);
    padding: 0 var(--d-4);
    border: 1px solid var(--d-line-strong);
    border-radius: var(--d-radius-s);
    background: var(--d-surface);
    color: var(--d-ink);
    font: inherit;
    font-weight: 600;
    text-decoration: none;
    cursor: pointer;
    transition:
      background-color var(--d-quick),
      border-color var(--d-quick);
  }
  button:hover:not(:disabled, [aria-disabled='true']),
  .button:hover {
    background: var(--d-raised);
  }
  button.primary,
  .button.primary {
    background: var(--d-accent);
    border-color: var(--d-accent);
    color: var(--d-on-accent);
  }
  button.primary:hover:not(:disabled, [aria-disabled='true']),
  .button.primary:hover {
    background: var(--d-accent);
    filter: brightness(1.08);
  }
  button.plain {
    border-color: transparent;
    background: none;
    color: var(--d-accent);
    padding: 0 var(--d-2);
  }
  button:disabled,
  button[aria-disabled='true'] {
    cursor: not-allowed;
    color: var(--d-ink-soft);
    background: var(--d-raised);
    border-color: var(--d-line);
  }

  label {
    font-weight: 600;
  }
  input:not([type='radio'], [type='checkbox']),
  select,
  textarea {
    inline-size: 100%;
    min-block-size: var(--d-touch);
    padding: var(--d-2) var(--d-3);
    border: 1px solid var(--d-line-strong);
    border-radius: var(--d-radius-s);
    background: var(--d-surface);
    color: var(--d-ink);
    font: inherit;
  }
  textarea {
    resize: vertical;
    line-height: var(--d-leading);
  }

  .scroll {
    overflow-x: auto;
    overscroll-behavior-x: contain;
  }
  table {
    border-collapse: collapse;
    inline-size: 100%;
    font-size: var(--d-text-s);
  }
  caption {
    text-align: start;
    padding-block-end: var(--d-2);
    color: var(--d-ink-soft);
  }
  th,
  td {
    padding: var(--d-2) var(--d-3);
    border-block-end: 1px solid var(--d-line);
    text-align: start;
    vertical-align: middle;
  }
  th {
    color: var(--d-ink-soft);
    font-weight: 600;
    white-space: nowrap;
  }
  td.number,
  th.number {
    text-align: end;
  }
  tbody tr:hover {
    background: var(--d-raised);
  }
  .note {
    border-inline-start: 4px solid var(--d-note);
    background: var(--d-note-soft);
    border-radius: var(--d-radius-s);
    padding: var(--d-3) var(--d-4);
  }
  .note.good {
    border-color: var(--d-good);
    background: var(--d-good-soft);
  }
  .note.watch {
    border-color: var(--d-watch);
    background: var(--d-watch-soft);
  }
  .note.bad {
    border-color: var(--d-bad);
    background: var(--d-bad-soft);
  }
`;
