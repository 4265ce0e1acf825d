/** The record's fixed vocabulary. It stands here, not in an answer: what is checked must not come from who is checked. */

/** Outcome names, in the order of their numbers from 1. */
export const OUTCOMES = [
  'out_for_delivery',
  'attempted',
  'delivered',
  'returned',
  'lost',
  'cancelled',
  'not_received',
] as const;

export type OutcomeName = (typeof OUTCOMES)[number];

/** Issue names, in the order of their bits from 0. */
export const ISSUES = [
  'late',
  'damaged_packaging',
  'damaged_item',
  'missing',
  'wrong_item',
  'wrong_place',
  'attitude',
  'fee_dispute',
  'false_attempt',
  'unsafe_drop',
  'no_communication',
] as const;

export type IssueName = (typeof ISSUES)[number];

/** Returns the names of an issue set's bits, in the bits' order. */
export function issuesOf(bits: number): IssueName[] {
  return ISSUES.filter((_, bit) => (bits & (1 << bit)) !== 0);
}

/** Returns an issue's place in an issue set. */
export function bitOf(issue: IssueName): number {
  return 1 << ISSUES.indexOf(issue);
}

/** Returns an outcome's number; 0 for what is no outcome. */
export function outcomeNumber(name: unknown): number {
  return OUTCOMES.indexOf(name as OutcomeName) + 1;
}
