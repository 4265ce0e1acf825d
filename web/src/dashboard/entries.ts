/** Entries of the record as sentences' keys and values, for message files to word. Pure. */

import { isCommentAlone, isWithdrawn } from '../service/feedback.ts';
import type { Entry } from '../service/models.ts';
import { feedbackOf } from './serious.ts';

export interface Sentence {
  /** Of the message. */
  readonly key: string;
  readonly values: Readonly<Record<string, string | number>>;
}

/** How a page writes what sentences are filled with. */
export interface Naming {
  member(number: number): string;
  driver(number: number): string;
  time(instant: string): string;
}

/** Returns what an entry says happened. */
export function sentenceOf(entry: Entry, naming: Naming): Sentence {
  const item = entry.item;
  switch (entry.kind) {
    case 'opening': {
      const values = {
        shipper: naming.member(entry.shipper ?? 0),
        carrier: naming.member(entry.carrier ?? 0),
        time: naming.time(String(item.promised_by)),
      };
      return { key: 'entry.opening', values };
    }
    case 'report': {
      const who = entry.driver === 0 ? '.nobody' : '';
      const values = { driver: naming.driver(entry.driver), time: naming.time(String(item.occurred_at)) };
      return { key: `entry.report.${String(item.outcome)}${who}`, values };
    }
    case 'feedback': {
      const feedback = feedbackOf(entry);
      const driver = naming.driver(entry.driver);
      if (feedback === null || isWithdrawn(feedback))
        return { key: 'entry.feedback.withdrawn', values: { driver } };
      if (isCommentAlone(feedback)) return { key: 'entry.feedback.comment', values: { driver } };
      if (feedback.overall === 0) return { key: 'entry.feedback.unrated', values: { driver } };
      return { key: 'entry.feedback', values: { count: feedback.overall, driver } };
    }
    case 'key_change':
      return { key: 'entry.key_change', values: {} };
    case 'note': {
      const kind = Number(item.note_kind);
      const driver = naming.driver(entry.driver);
      return kind === 1 || kind === 2
        ? { key: `entry.note.${kind}`, values: { driver } }
        : { key: 'entry.note', values: { kind: String(kind) } };
    }
    case 'driver_move': {
      const values = {
        driver: naming.driver(entry.driver),
        from: naming.member(Number(item.from_carrier)),
        to: naming.member(Number(item.to_carrier)),
      };
      return { key: 'entry.driver_move', values };
    }
  }
}
