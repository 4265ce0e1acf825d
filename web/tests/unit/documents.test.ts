/** Whatever a document holds, only text is words. */

import { expect, test } from '@playwright/test';
import { isBlank, wordsOf } from '../../src/service/documents.ts';

test('what is no text is no words', () => {
  const of = (content: Record<string, unknown> | null) => wordsOf({ content, salt: null, erased: false });
  expect(of({ comment: 'Left in the rain.' })).toBe('Left in the rain.');
  for (const comment of [{ toString: 1, valueOf: 1 }, null, 7, ['a'], undefined])
    expect(of({ comment })).toBe('');
  expect(of(null)).toBe('');
  expect(wordsOf(null)).toBe('');
});

test('a text of blanks, fillers, joiners and controls alone has nothing to see', () => {
  const blank = [
    '',
    ' \t\r\n',
    '\u00a0\u3000',
    '\u200b\u200d\ufeff',
    '\u202e\u2066',
    '\u2800',
    '\u0000\u001b',
  ];
  for (const text of [...blank, '\u1160'.repeat(400), '\u3164\uffa0\u115f', '\ufe0f\u{e0041}'])
    expect(isBlank(text), JSON.stringify(text)).toBe(true);
  for (const text of ['a', '.', '\u0301', '👍🏽', '한글', 'مرحبا', '\u200ba\u200b'])
    expect(isBlank(text), JSON.stringify(text)).toBe(false);
});
