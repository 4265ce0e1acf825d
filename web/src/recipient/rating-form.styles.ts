/** Styles of `<rating-form>`. */

import { css } from 'lit';

export const formStyles = css`
  :host {
    display: block;
  }
  form {
    display: grid;
    gap: var(--d-5);
  }
  fieldset {
    border: 0;
    margin: 0;
    padding: 0;
    min-inline-size: 0;
  }
  legend {
    padding: 0;
    margin-block-end: var(--d-2);
    font-weight: 600;
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: var(--d-2);
  }
  .chip {
    position: relative;
    display: inline-flex;
    align-items: center;
    gap: var(--d-2);
    min-block-size: var(--d-touch);
    padding: var(--d-1) var(--d-4);
    border: 1px solid var(--d-line-strong);
    border-radius: 99px;
    font-weight: 400;
    cursor: pointer;
    transition: background-color var(--d-quick);
  }
  .chip input {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  .chip:hover {
    background: var(--d-raised);
  }
  .chip:has(:checked) {
    background: var(--d-accent-soft);
    border-color: var(--d-accent);
    box-shadow: inset 0 0 0 1px var(--d-accent);
    font-weight: 600;
  }
  .chip:has(:checked)::before {
    content: '✓';
    content: '✓' / '';
  }
  .chip:has(:focus-visible) {
    outline: 3px solid var(--d-focus);
    outline-offset: 2px;
  }
  .more {
    border-radius: 99px;
    border-style: dashed;
    font-weight: 400;
  }
  .about .plain,
  .alone {
    justify-self: start;
    margin-inline-start: calc(-1 * var(--d-2));
  }
  .about .chip {
    border-radius: var(--d-radius);
  }
  .part {
    display: block;
  }
  .hint {
    color: var(--d-ink-soft);
    font-size: var(--d-text-s);
    font-weight: 400;
  }
  .question {
    border-inline-start: 4px solid var(--d-note);
    background: var(--d-note-soft);
    border-radius: var(--d-radius-s);
    padding: var(--d-3) var(--d-4) var(--d-4);
  }
  .question legend {
    float: left;
    inline-size: 100%;
  }
  .question .chips {
    clear: both;
  }
  .question .chip {
    background: var(--d-surface);
  }
  .question .chip:has(:checked) {
    background: var(--d-accent-soft);
  }
  .aspects {
    display: grid;
    gap: var(--d-2);
  }
  .comment {
    display: grid;
    gap: var(--d-2);
  }
  .count {
    text-align: end;
  }
  .error {
    color: var(--d-bad);
    font-weight: 600;
  }
  .about {
    display: grid;
    gap: var(--d-2);
    background: var(--d-raised);
    border-radius: var(--d-radius-s);
    padding: var(--d-3) var(--d-4);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: var(--d-3);
  }
  .actions .primary {
    flex: 1 1 14rem;
    max-inline-size: 24rem;
    min-block-size: 3.25rem;
    font-size: clamp(1rem, 4.4vw, var(--d-text-l));
    padding-block: var(--d-2);
  }
`;
