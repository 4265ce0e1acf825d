/** Figures of a policy as the dashboard writes them: mean, bounds and counts, never one without the others. Pure. */

import { ISSUES } from '../core/vocabulary.ts';
import type { Figure, Reputation } from '../service/models.ts';
import type { Words } from '../words/words.ts';

const MILLION = 1_000_000;
/** Effective count of overall, in thousandths, below which policy 1 gives no standing. */
export const ENOUGH = 10_000;
export type Scale = 'stars' | 'share';

/** Returns whether a figure is of stars (1 to 5) or a share (0 to 1). */
export function scaleOf(name: string): Scale {
  return ['overall', 'timeliness', 'packaging', 'professionalism', 'accuracy'].includes(name)
    ? 'stars'
    : 'share';
}

/** Returns millionths as stars with two places, or as a percentage with `places`. */
export function amount(words: Words, millionths: number, scale: Scale, places = 0): string {
  return scale === 'stars'
    ? words.number(millionths / MILLION, 2)
    : words.percent(millionths / MILLION, places);
}

/** Returns "4.28 to 4.90". */
export function bounds(words: Words, figure: Figure, scale: Scale, places = 0): string {
  return words.t('figure.bounds', {
    low: amount(words, figure.low, scale, places),
    high: amount(words, figure.high, scale, places),
  });
}

/** Returns "effective 16.4 of 17". */
export function counted(words: Words, figure: Figure): string {
  return words.t('figure.counts', { effective: words.number(figure.count / 1000, 1), n: figure.n });
}

/** Returns the number of issues that feedback in the window names, each flag by itself. */
export function issuesNamed(reputation: Reputation): number {
  return ISSUES.reduce((sum, _, bit) => sum + (reputation.counts[`issue_${bit}`] ?? 0), 0);
}

/** Returns issues per thousand feedbacks; null where there is no feedback. */
export function issuesPerThousand(reputation: Reputation): number | null {
  const feedback = reputation.counts.feedback ?? 0;
  return feedback === 0 ? null : (1000 * issuesNamed(reputation)) / feedback;
}
