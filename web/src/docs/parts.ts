/** Small parts that operations and the page's beginning share. */

import { html, type TemplateResult } from 'lit';
import type { Words } from '../words/words.ts';
import { credential, printed } from './curl.ts';
import './docs-code.ts';
import type { ApiDocument, Content, Operation } from './document.ts';

/** Returns in words who may call, and which headers say so. */
export function whoMayCall(
  words: Words,
  document: ApiDocument,
  { security = [] }: Operation,
): TemplateResult {
  const known = document.components?.securitySchemes ?? {};
  const ways = security.map((needed) => Object.keys(needed));
  const keyed = ways.filter((schemes) => schemes.length > 0);
  if (keyed.length === 0) return html`${words.t('who.anyone')}`;
  const code = keyed
    .map((schemes) => schemes.flatMap((one) => known[one] ?? []).map(credential))
    .map(
      (headers, n) =>
        html`${n === 0 ? '' : words.t('or')}${headers.map((one, m) => html`${m === 0 ? '' : words.t('and')}<code>${one}</code>`)}`,
    );
  const [before, after] = words
    .t(keyed.length < ways.length ? 'who.or-none' : keyed.length > 1 ? 'who.either' : 'who.one')
    .split('{what}');
  return html`${before}${code}${after}`;
}

/** Returns the label of a command that sends these schemes' credentials. */
export function withSchemes(words: Words, schemes: readonly string[]): string {
  if (schemes.length === 0) return words.t('curl.none');
  const names = schemes.map((one) => (words.has(`scheme.${one}`) ? words.t(`scheme.${one}`) : one));
  return words.t('curl.with', { what: names.join(words.t('and')) });
}

/** Returns every example of a content but the one that reads as `shown`; `of` says of what they are. */
export function examples(words: Words, content: Content, of: string, shown = ''): TemplateResult[] {
  return Object.values(content)
    .flatMap((media) => Object.values(media.examples ?? {}))
    .map(({ summary, value }) => ({ summary, text: printed(value) }))
    .filter(({ text }) => text !== shown)
    .map(
      ({ summary, text }) => html`<docs-code
        text=${text}
        label=${summary ?? words.t('example')}
        name=${words.t('example.name', { of: summary === undefined ? of : `${of}: ${summary}` })}
        copy=${words.t('copy')}
        copied=${words.t('copied')}
      ></docs-code>`,
    );
}
