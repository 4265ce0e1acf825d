/** Styles that the parts of the API's page share. */

import { css } from 'lit';

export const layout = css`
  :host {
    display: block;
    min-inline-size: 0;
  }
  h4 {
    margin: 0;
    font-size: var(--d-text);
  }
  p {
    max-inline-size: 46rem;
  }
  code {
    font-family: var(--d-mono);
    font-size: 0.9em;
    overflow-wrap: anywhere;
  }
  p code {
    padding: 0.05em 0.3em;
    border-radius: var(--d-radius-s);
    background: var(--d-raised);
  }
  .stack {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--d-4);
  }
  .close {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--d-2);
  }
  .method {
    flex: none;
    min-inline-size: 3.6em;
    padding: 0.1em 0.5em;
    border-radius: var(--d-radius-s);
    background: var(--d-note-soft);
    color: var(--d-note);
    font-family: var(--d-mono);
    font-size: 0.75rem;
    font-weight: 700;
    text-align: center;
  }
  .method.post {
    background: var(--d-good-soft);
    color: var(--d-good);
  }
  .method.put {
    background: var(--d-watch-soft);
    color: var(--d-watch);
  }
  .method.delete {
    background: var(--d-bad-soft);
    color: var(--d-bad);
  }
  details > summary {
    inline-size: fit-content;
    padding-block: var(--d-1);
    color: var(--d-accent);
    font-size: var(--d-text-s);
    font-weight: 600;
    cursor: pointer;
    border-radius: var(--d-radius-s);
    overflow-wrap: anywhere;
  }
`;
