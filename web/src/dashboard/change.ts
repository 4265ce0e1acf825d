/**
 * What would change a standing, by policy 1, from the figures alone. Pure.
 *
 * A figure's mean, bounds and effective count give back the sums it was made of (`docs/policy-1.md`): with T the effective
 * count plus the prior's weight, half² = z² · variance / (T + 1). So "and then k more feedbacks of today" can be
 * computed as the policy would; what is lost is the figures' rounding, a millionth of a star.
 */

import type { Figure, Reputation, Standing } from '../service/models.ts';
import { ENOUGH } from './figures.ts';

const Z_SQUARED = 2.705543;
const OVERALL_PRIOR = 10;
const CONDUCT_PRIOR = 20;
const HALF_LIFE_DAYS = 60;
/** How many feedbacks are tried before "none of them would" is said. */
export const TRIED = 500;

/** Stars 1 to 5 and shares 0 to 1, not millionths. */
interface Posterior {
  readonly total: number;
  readonly mean: number;
  readonly variance: number;
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** What a feedback of today says. */
export interface Kind {
  readonly overall: 1 | 5;
  /** Whether it names wrong place, attitude, false attempt or unsafe drop. */
  readonly conduct: boolean;
}

export interface Step {
  /** So many such feedbacks of today … */
  readonly count: number;
  /** … and the standing is this. */
  readonly standing: Standing;
}

export interface Prospect {
  readonly kind: Kind;
  readonly step: Step | null;
}

export interface Outlook {
  /** By kind of feedback, the first change it would bring; null where none of `TRIED` brings one. */
  readonly steps: readonly Prospect[];
  /** Days without a new rating after which there is no standing at the latest; null where there is none now. */
  readonly fadesIn: number | null;
  /** Ratings of today until a standing is possible; null where there is one. */
  readonly missing: number | null;
}

export const KINDS: readonly Kind[] = [
  { overall: 5, conduct: false },
  { overall: 1, conduct: false },
  { overall: 1, conduct: true },
];

/** Returns the posterior that a figure of overall came from; null where both its bounds are cut off at the scale's ends. */
function overallOf(figure: Figure): Posterior | null {
  const total = figure.count / 1000 + OVERALL_PRIOR;
  const half =
    figure.low > 1_000_000
      ? figure.mean - figure.low
      : figure.high < 5_000_000
        ? figure.high - figure.mean
        : null;
  if (half === null) return null;
  return {
    total,
    mean: figure.mean / 1e6,
    variance: ((half / 1e6) ** 2 * (total + 1)) / Z_SQUARED,
  };
}

function conductOf(figure: Figure): Posterior {
  const mean = figure.mean / 1e6;
  return { total: figure.count / 1000 + CONDUCT_PRIOR, mean, variance: mean * (1 - mean) };
}

function after(before: Posterior, count: number, value: number): Posterior {
  const total = before.total + count;
  const mean = (before.mean * before.total + value * count) / total;
  const square = ((before.variance + before.mean ** 2) * before.total + value ** 2 * count) / total;
  return { total, mean, variance: square - mean ** 2 };
}

function boundsOf(posterior: Posterior, least: number, most: number): Bounds {
  const half = Math.sqrt((Z_SQUARED * Math.max(posterior.variance, 0)) / (posterior.total + 1));
  return { low: Math.max(posterior.mean - half, least), high: Math.min(posterior.mean + half, most) };
}

/** Returns the standing that policy 1 gives for an effective count and the bounds of overall (stars) and conduct (share). */
export function standingOf(effective: number, overall: Bounds, conduct: Bounds): Standing {
  if (effective < ENOUGH / 1000) return 'insufficient';
  if (overall.high < 3.5 || conduct.low > 0.05) return 'investigate';
  if (overall.low > 4.2 && conduct.high < 0.1) return 'recognised';
  if (overall.high < 4 || conduct.low > 0.025) return 'watch';
  return 'good';
}

/** Returns the standing after `count` more feedbacks of a kind, of today; null where the figures do not tell. */
export function standingAfter(reputation: Reputation, kind: Kind, count: number): Standing | null {
  const { overall, conduct } = reputation.figures;
  if (overall === undefined || conduct === undefined) return null;
  const before = overallOf(overall);
  if (before === null) return null;
  return standingOf(
    overall.count / 1000 + count,
    boundsOf(after(before, count, kind.overall), 1, 5),
    boundsOf(after(conductOf(conduct), count, kind.conduct ? 1 : 0), 0, 1),
  );
}

/** Returns the fewest feedbacks of a kind that change the standing, and what it then is; null where `TRIED` do not. */
export function firstChange(reputation: Reputation, kind: Kind): Step | null {
  for (let count = 1; count <= TRIED; count++) {
    const standing = standingAfter(reputation, kind, count);
    if (standing === null) return null;
    if (standing !== reputation.standing) return { count, standing };
  }
  return null;
}

/**
 * Returns the days without new ratings after which the effective count is below 10 at the latest: it halves in 60 days,
 * and sooner where ratings of 180 days drop out. Null where it is below now.
 */
export function fadesIn(count: number): number | null {
  if (count < ENOUGH) return null;
  return Math.floor(HALF_LIFE_DAYS * Math.log2(count / ENOUGH)) + 1;
}

/** A bound that would have to move, as a message's key; the present bounds fill it in. */
export type Condition = `change.bound.${Exclude<Standing, 'insufficient'>}.${'up' | 'down'}`;

/** Returns which bounds would have to move for the standing to be another, by the policy's own thresholds. */
export function conditions(standing: Standing): readonly Condition[] {
  switch (standing) {
    case 'recognised':
      return ['change.bound.recognised.down'];
    case 'good':
    case 'watch':
      return [`change.bound.${standing}.up`, `change.bound.${standing}.down`];
    case 'investigate':
      return ['change.bound.investigate.up'];
    case 'insufficient':
      return [];
  }
}

/** Returns whether a prospect tells anything: that more of the best does not help is news, that more of the worst does not, none. */
export function isWorthSaying(standing: Standing, { kind, step }: Prospect): boolean {
  return step !== null || (kind.overall === 5 && standing !== 'recognised');
}

/** Returns what would change the standing. */
export function outlook(reputation: Reputation): Outlook {
  const count = reputation.figures.overall?.count ?? 0;
  return {
    steps: KINDS.map((kind) => ({ kind, step: firstChange(reputation, kind) })),
    fadesIn: fadesIn(count),
    missing: count < ENOUGH ? Math.ceil((ENOUGH - count) / 1000) : null,
  };
}
