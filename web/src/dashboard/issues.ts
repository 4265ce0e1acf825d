/** Counting what feedback complains of, and putting revisions of one voice together. Pure. */

import { ISSUES, type IssueName } from '../core/vocabulary.ts';
import { isBlank, wordsOf } from '../service/documents.ts';
import type { FeedbackEntry, Reputation } from '../service/models.ts';
import { compareMarks } from './serious.ts';

export interface IssueCount {
  readonly name: IssueName;
  readonly count: number;
}

/** Returns the issues that live feedback in the window names, most often first; those never named are left out. */
export function issueCounts(reputation: Reputation): IssueCount[] {
  return ISSUES.map((name, bit) => ({ name, count: reputation.counts[`issue_${bit}`] ?? 0 }))
    .filter((one) => one.count > 0)
    .sort((one, other) => other.count - one.count);
}

/** What one recipient said of one driver on one delivery: the newest first, then what it took the place of. */
export interface Voice {
  readonly newest: FeedbackEntry;
  readonly earlier: readonly FeedbackEntry[];
}

/** Returns feedback put together by delivery and driver, in the order of the newest of each, newest first. */
export function voices(entries: readonly FeedbackEntry[]): Voice[] {
  const groups = new Map<string, FeedbackEntry[]>();
  for (const entry of [...entries].sort((one, other) => compareMarks(other, one))) {
    const key = `${entry.delivery_id} ${entry.driver}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].map(([newest, ...earlier]) => ({ newest: newest as FeedbackEntry, earlier }));
}

/** What is to be shown of a feedback's text. */
export type Comment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'none' | 'blank' | 'erased' | 'hidden' };

/** Returns a feedback's comment: its text; nothing visible; erased; none given; or one that this reader is not shown. */
export function commentOf(entry: Pick<FeedbackEntry, 'document' | 'item'>): Comment {
  if (entry.document?.erased) return { kind: 'erased' };
  const text = wordsOf(entry.document);
  if (text !== '') return isBlank(text) ? { kind: 'blank' } : { kind: 'text', text };
  const hash = entry.item.content_hash;
  const given = typeof hash === 'string' && !/^0x0*$/.test(hash);
  return { kind: given && !entry.document ? 'hidden' : 'none' };
}
