/** The line above what a view shows: as of what, what came since, and whether it could be read again. */

import { html, type TemplateResult } from 'lit';
import '../look/d-fresh.ts';
import { Problem, Unreachable } from '../service/problems.ts';
import type { Words } from '../words/words.ts';

/** What came and does not show yet, in words (empty for nothing), and what shows it. */
export interface Offer {
  readonly offer: string;
  show(): void;
}

/** What was read for a view: a `Load`. */
interface Read {
  readonly value: unknown;
  readonly error: unknown;
  again(): Promise<void>;
}

/** Draws the line for what `loads` read, once there is something that shows. */
export function fresh(
  words: Words,
  asOf: string | TemplateResult,
  loads: readonly Read[],
  { offer, show }: Offer = { offer: '', show: () => {} },
): TemplateResult {
  const failed = loads.filter((one) => one.value !== null && one.error !== null);
  const error = failed[0]?.error;
  const why =
    error instanceof Unreachable
      ? words.t('fresh.offline')
      : words.t('fresh.failed', { detail: error instanceof Problem ? error.detail : String(error) });
  return html`<d-fresh
    offer=${offer}
    action=${words.t('fresh.show')}
    trouble=${failed.length === 0 ? '' : why}
    retry=${words.t('state.again')}
    @show=${show}
    @retry=${() => failed.forEach((one) => void one.again())}
    >${asOf}</d-fresh
  >`;
}
