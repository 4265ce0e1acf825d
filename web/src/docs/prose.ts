/** The Markdown that the API's descriptions use, paragraphs and code, as text: nothing in it is ever markup. */

import { html, type TemplateResult } from 'lit';

export interface Run {
  readonly code: boolean;
  readonly text: string;
}

/** Returns the runs of each paragraph; lines of one paragraph are joined. A backtick without its twin is a backtick. */
export function paragraphsOf(text: string): Run[][] {
  return text
    .split(/\n\s*\n/)
    .map((one) => one.trim().replace(/\s*\n\s*/g, ' '))
    .filter((one) => one !== '')
    .map(runsOf);
}

function runsOf(text: string): Run[] {
  const parts = text.split(/`([^`]+)`/);
  return parts.map((part, n) => ({ code: n % 2 === 1, text: part })).filter((run) => run.text !== '');
}

/** Returns the text as paragraphs. */
export function prose(text: string): TemplateResult[] {
  return paragraphsOf(text).map(
    (runs) => html`<p>${runs.map((run) => (run.code ? html`<code>${run.text}</code>` : run.text))}</p>`,
  );
}
