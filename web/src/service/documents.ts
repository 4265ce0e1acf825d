/** What private documents say, where this reader has them. */

import type { StoredDocument } from './models.ts';

/** Returns the words of a feedback's document; '' where there are none. Anything may stand in a document: only text is words. */
export function wordsOf(document: StoredDocument | null | undefined): string {
  const comment = document?.content?.comment;
  return typeof comment === 'string' ? comment : '';
}
