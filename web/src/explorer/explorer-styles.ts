/** Styles that the explorer's parts share. */

import { css } from 'lit';

export const layout = css`
  :host {
    display: block;
  }
  .touch {
    display: inline-flex;
    align-items: center;
    min-block-size: var(--d-touch);
  }
  .stack {
    display: grid;
    gap: var(--d-5);
    grid-template-columns: minmax(0, 1fr);
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--d-2) var(--d-4);
  }
  .apart {
    justify-content: space-between;
  }
  .kicker {
    color: var(--d-ink-soft);
    font-size: var(--d-text-s);
    font-weight: 600;
  }
  dl.facts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr));
    gap: var(--d-4) var(--d-5);
  }
  dl.facts > div {
    display: grid;
    align-content: start;
    gap: var(--d-1);
    min-inline-size: 0;
  }
  dl.facts dt {
    color: var(--d-ink-soft);
    font-size: var(--d-text-s);
  }
  dl.facts dd {
    overflow-wrap: anywhere;
  }
  dl.facts > .wide {
    grid-column: 1 / -1;
  }
  .tag {
    display: inline-block;
    padding: 0.05em 0.6em;
    border: 1px solid var(--d-line);
    border-radius: 99px;
    color: var(--d-ink-soft);
    font-size: var(--d-text-s);
    white-space: nowrap;
  }
  summary {
    display: inline-flex;
    align-items: center;
    gap: var(--d-2);
    min-block-size: var(--d-touch);
    color: var(--d-accent);
    font-size: var(--d-text-s);
    font-weight: 600;
    cursor: pointer;
    border-radius: var(--d-radius-s);
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary::before {
    content: '';
    inline-size: 0.45em;
    block-size: 0.45em;
    border: solid currentColor;
    border-width: 0 2px 2px 0;
    transform: rotate(-45deg);
    transition: transform var(--d-quick);
  }
  details[open] > summary::before {
    transform: rotate(45deg);
  }
  .command {
    display: grid;
    gap: var(--d-1);
  }
  .command d-copy {
    padding: var(--d-2) var(--d-3);
    background: var(--d-raised);
    border-radius: var(--d-radius-s);
  }
`;
