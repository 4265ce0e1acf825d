/** What somebody wrote, as text: in its own direction, and within its own place whatever it is made of. */

import { css, html, type TemplateResult } from 'lit';
import { isBlank } from '../service/documents.ts';

/**
 * Its width never depends on what is written, as a cluster of letters without a place to break may be of any length; marks
 * that are piled up end at its edges.
 */
export const quoteStyles = css`
  blockquote {
    contain: inline-size paint;
    margin: 0;
    padding: var(--d-3) var(--d-4);
    border-inline-start: 4px solid var(--d-line-strong);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
`;

/** Draws a text; `blank` in its place where nothing of it is to be seen. */
export function quote(text: string, blank: string): TemplateResult {
  return isBlank(text)
    ? html`<p class="soft">${blank}</p>`
    : html`<blockquote dir="auto">${text}</blockquote>`;
}
