/** What somebody typed or pasted, understood. Pure; a tracking link's secret is dropped here and goes nowhere. */

import type { Hex } from '../core/hex.ts';
import type { Member } from '../service/models.ts';
import { hash32 } from './routes.ts';

export type Wanted =
  | { readonly kind: 'nothing' }
  /** Of a tracking link: certainly a delivery. */
  | { readonly kind: 'delivery'; readonly id: Hex }
  /** A delivery's id or a transaction's hash: the record has to be asked. */
  | { readonly kind: 'hash'; readonly hash: Hex }
  | { readonly kind: 'choice'; readonly choices: readonly Choice[] }
  | { readonly kind: 'unknown'; readonly text: string };

export interface Choice {
  readonly view: 'driver' | 'member' | 'block';
  readonly number: number;
}

/** Characters: longer than any link. */
const LONGEST = 2000;
const LAST_DRIVER = 2 ** 32 - 1;
const WORDS: ReadonlyMap<string, Choice['view']> = new Map(
  Object.entries({
    driver: 'driver',
    member: 'member',
    carrier: 'member',
    shipper: 'member',
    reviewer: 'member',
    block: 'block',
  } as const),
);

/** Returns what is left to search with once a link's fragment, or its query, is off; and whether there was a fragment. */
export function withoutSecret(text: string): { readonly text: string; readonly dropped: boolean } {
  const link = /\/t\/(0x[0-9a-f]{64})/i.exec(text)?.[1];
  const at = text.indexOf('#');
  if (link !== undefined) return { text: link.toLowerCase(), dropped: at >= 0 };
  const id = /^\s*(0x[0-9a-f]{64})#./i.exec(text)?.[1];
  if (id !== undefined) return { text: id.toLowerCase(), dropped: true };
  return { text, dropped: false };
}

/** Returns what a text asks for; members are found by number or by a part of their name. */
export function understand(typed: string, members: readonly Member[]): Wanted {
  const { text, dropped } = withoutSecret(typed);
  const wanted = text.trim().replace(/\s+/g, ' ').slice(0, LONGEST);
  if (wanted === '') return { kind: 'nothing' };
  const hash = hash32(wanted);
  if (hash !== null) {
    const link = dropped || wanted !== typed.trim();
    return link ? { kind: 'delivery', id: hash } : { kind: 'hash', hash };
  }
  const [, word, digits] = /^([a-z]*) ?#? ?(\d{1,15})$/i.exec(wanted) ?? [];
  const number = Number(digits ?? Number.NaN);
  if (word === '') return numbered(number, members);
  const view = WORDS.get((word ?? '').toLowerCase());
  if (view !== undefined && fits(view, number)) return { kind: 'choice', choices: [{ view, number }] };
  const named = members.filter((one) => one.name.toLowerCase().includes(wanted.toLowerCase()));
  if (wanted.length > 1 && named.length > 0)
    return { kind: 'choice', choices: named.map((one) => ({ view: 'member', number: one.member })) };
  return { kind: 'unknown', text: wanted };
}

function numbered(number: number, members: readonly Member[]): Wanted {
  const choices: Choice[] = [];
  if (fits('driver', number)) choices.push({ view: 'driver', number });
  choices.push({ view: 'block', number });
  if (members.some((one) => one.member === number)) choices.push({ view: 'member', number });
  return { kind: 'choice', choices };
}

function fits(view: Choice['view'], number: number): boolean {
  if (view === 'block') return true;
  return number > 0 && number <= (view === 'driver' ? LAST_DRIVER : 65_535);
}
