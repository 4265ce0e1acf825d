/** Whatever a document holds, only text is words. */

import { expect, test } from '@playwright/test';
import { wordsOf } from '../../src/service/documents.ts';

test('what is no text is no words', () => {
  const of = (content: Record<string, unknown> | null) => wordsOf({ content, salt: null, erased: false });
  expect(of({ comment: 'Left in the rain.' })).toBe('Left in the rain.');
  for (const comment of [{ toString: 1, valueOf: 1 }, null, 7, ['a'], undefined])
    expect(of({ comment })).toBe('');
  expect(of(null)).toBe('');
  expect(wordsOf(null)).toBe('');
});
