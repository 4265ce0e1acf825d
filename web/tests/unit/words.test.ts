/** Which language a reader gets, and whose formats. */

import { expect, test } from '@playwright/test';
import { bestLanguage, loadWords } from '../../src/words/words.ts';

const file = async () => ({});
// In the order of a directory's listing.
const catalogue = { de: file, en: file, 'pt-BR': file, pt: file, zh: file };

for (const [wanted, best] of [
  [['pt-BR'], 'pt-BR'],
  [['pt-br', 'en'], 'pt-BR'],
  [['pt-PT'], 'pt'],
  [['pt'], 'pt'],
  [['zh-Hant-TW', 'en'], 'zh'],
  [['fr-FR', 'de-AT'], 'de'],
  [['fr'], 'en'],
  [[], 'en'],
] as const)
  test(`who reads ${wanted.join(', ') || 'nothing that is known'} gets ${best}`, () => {
    expect(bestLanguage(catalogue, wanted)).toBe(best);
  });

test('a region without a file of its language gets the one there is', () => {
  expect(bestLanguage({ en: file, 'pt-BR': file }, ['pt-PT'])).toBe('pt-BR');
});

test('formats follow the reader’s region; a chosen language is that one, and keeps the region where it has it', async () => {
  const told = async (wanted: string[], chosen: string | null = null) => {
    const { language, locale } = await loadWords(catalogue, wanted, chosen);
    return [language, locale];
  };
  expect(await told(['en-GB'])).toEqual(['en', 'en-GB']);
  expect(await told(['pt-BR', 'pt'], 'pt')).toEqual(['pt', 'pt-BR']);
  expect(await told(['pt-PT'], 'pt-BR')).toEqual(['pt-BR', 'pt-PT']);
  expect(await told(['en-GB', 'de-CH'], 'de')).toEqual(['de', 'de-CH']);
  expect(await told(['en-GB'], 'zh')).toEqual(['zh', 'zh']);
});
