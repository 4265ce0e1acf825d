/** Which feedback a carrier should see at once, and what of it is new to the reader. Pure. */

import { ISSUES, type IssueName } from '../core/vocabulary.ts';
import type { Entry, FeedbackEntry, FeedbackItem } from '../service/models.ts';

/** Damaged item, missing, wrong place, attitude, false attempt, unsafe drop: as the API's `serious` has them. */
const SERIOUS: readonly IssueName[] = [
  'damaged_item',
  'missing',
  'wrong_place',
  'attitude',
  'false_attempt',
  'unsafe_drop',
];

/** A place in the record. Orders entries; says nothing of what they hold. */
export interface Mark {
  readonly block: number;
  readonly log_index: number;
}

/** Returns whether feedback is serious: one or two stars, or an issue that cannot wait. */
export function isSerious(item: FeedbackItem): boolean {
  if (item.overall === 1 || item.overall === 2) return true;
  return SERIOUS.some((name) => (item.issue_bits & (1 << ISSUES.indexOf(name))) !== 0);
}

/** Returns an entry's item where it is feedback. */
export function feedbackOf(entry: Entry): FeedbackItem | null {
  return entry.kind === 'feedback' ? (entry.item as unknown as FeedbackItem) : null;
}

/** Returns a number above, below or of zero as `one` stands after, before or at `other`. */
export function compareMarks(one: Mark, other: Mark): number {
  return one.block - other.block || one.log_index - other.log_index;
}

/** Returns the entries newest first, each once; of two the later given counts. */
export function merged(known: readonly FeedbackEntry[], found: readonly FeedbackEntry[]): FeedbackEntry[] {
  const every = new Map<string, FeedbackEntry>();
  for (const one of [...known, ...found]) every.set(`${one.block}/${one.log_index}`, one);
  return [...every.values()].sort((one, other) => compareMarks(other, one));
}

/** Returns how many stand after what was last seen; all where nothing was. */
export function unseen(entries: readonly FeedbackEntry[], seen: Mark | null): number {
  return entries.filter((one) => isNew(one, seen)).length;
}

export function isNew(entry: FeedbackEntry, seen: Mark | null): boolean {
  return !entry.superseded && (seen === null || compareMarks(entry, seen) > 0);
}

/** Returns the mark written as `block/log index`; null for anything else. */
export function parseMark(text: string | null): Mark | null {
  const found = /^(\d{1,15})\/(\d{1,9})$/.exec(text ?? '');
  return found === null ? null : { block: Number(found[1]), log_index: Number(found[2]) };
}

export function markText(mark: Mark): string {
  return `${mark.block}/${mark.log_index}`;
}
