/** What private documents say, where this reader has them. Pure. */

import type { StoredDocument } from './models.ts';

/** Blanks, controls, and what a text holds only to join, turn, hide or fill. */
const SHAPELESS = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Returns whether nothing of a text is to be seen. */
export function isBlank(text: string): boolean {
  return SHAPELESS.test(text);
}

/** Returns the words of a feedback's document; '' where there are none. Anything may stand in a document: only text is words. */
export function wordsOf(document: StoredDocument | null | undefined): string {
  const comment = document?.content?.comment;
  return typeof comment === 'string' ? comment : '';
}
