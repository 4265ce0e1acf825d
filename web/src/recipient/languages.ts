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

/** Loads the words for a chosen language, or for the reader's own where none is chosen. */
export function wordsFor(chosen: string | null): Promise<Words> {
  return loadWords(catalogue, globalThis.navigator?.languages ?? ['en'], chosen);
}
