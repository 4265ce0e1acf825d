/** The recipient's messages: one file a language in `messages/`. */

import { catalogueOf, loadWords, type Words } from '../words/words.ts';

export const catalogue = catalogueOf(import.meta.glob('./messages/*.json', { import: 'default' }));

/** Names of the languages in themselves, by tag. */
export function languageNames(): [tag: string, name: string][] {
  return Object.keys(catalogue)
    .sort()
    .map((tag) => {
      const name = new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
      return [tag, name.charAt(0).toLocaleUpperCase(tag) + name.slice(1)];
    });
}

/**
 * Loads the words for a chosen language, or for the reader's own where none is chosen. Dates and numbers follow the
 * reader's own region, as long as it has that language.
 */
export function wordsFor(chosen: string | null): Promise<Words> {
  const own = globalThis.navigator?.languages ?? ['en'];
  if (chosen === null) return loadWords(catalogue, own);
  const base = (tag: string) => tag.toLowerCase().split('-')[0];
  return loadWords(catalogue, [...own.filter((tag) => base(tag) === base(chosen)), chosen, ...own]);
}
