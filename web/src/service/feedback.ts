/** What a feedback amounts to, by its values alone. Pure. */

import { ZERO_HASH } from '../core/hex.ts';

export interface FeedbackValues {
  readonly overall: number;
  readonly timeliness: number;
  readonly packaging: number;
  readonly professionalism: number;
  readonly accuracy: number;
  readonly issue_bits: number;
  readonly content_hash: string;
}

/** Returns whether feedback takes back all that was said: no rating, no issue and no words. */
export function isWithdrawn(item: FeedbackValues): boolean {
  return isBare(item) && item.content_hash === ZERO_HASH;
}

/** Returns whether feedback is words alone: it counts as a response, and in no rating. */
export function isCommentAlone(item: FeedbackValues): boolean {
  return isBare(item) && item.content_hash !== ZERO_HASH;
}

function isBare(item: FeedbackValues): boolean {
  const ratings = item.overall + item.timeliness + item.packaging + item.professionalism + item.accuracy;
  return ratings === 0 && item.issue_bits === 0;
}
