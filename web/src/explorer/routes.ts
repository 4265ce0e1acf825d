/** The explorer's addresses: what a path shows, and the path of what is to be shown. Pure. */

import type { Hex } from '../core/hex.ts';

export type Route =
  | { readonly view: 'start' }
  | { readonly view: 'delivery'; readonly id: Hex }
  | { readonly view: 'driver'; readonly number: number }
  | { readonly view: 'member'; readonly number: number }
  | { readonly view: 'tx'; readonly hash: Hex }
  | { readonly view: 'block'; readonly number: number }
  | { readonly view: 'nowhere'; readonly path: string };

const LARGEST: Readonly<Record<string, number>> = {
  drivers: 2 ** 32 - 1,
  members: 2 ** 16 - 1,
  blocks: Number.MAX_SAFE_INTEGER,
};

/** Returns what a path of this site shows. */
export function routeOf(path: string): Route {
  const [, site, section, value, ...rest] = path.replace(/\/+$/, '').split('/');
  const nowhere: Route = { view: 'nowhere', path };
  if (site !== 'explorer' || rest.length > 0) return nowhere;
  if (section === undefined) return { view: 'start' };
  if (value === undefined) return nowhere;
  if (section === 'deliveries' || section === 'tx') {
    const hash = hash32(value);
    if (hash === null) return nowhere;
    return section === 'tx' ? { view: 'tx', hash } : { view: 'delivery', id: hash };
  }
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= (LARGEST[section] ?? -1))) return nowhere;
  if (section === 'blocks') return { view: 'block', number };
  if (number === 0) return nowhere;
  return section === 'drivers' ? { view: 'driver', number } : { view: 'member', number };
}

/** Returns the 32 bytes that 64 hex digits, with or without 0x, spell; null for anything else. */
export function hash32(text: string): Hex | null {
  const digits = /^(?:0x)?([0-9a-f]{64})$/i.exec(text)?.[1];
  return digits === undefined ? null : `0x${digits.toLowerCase()}`;
}

export const pathOf = {
  start: '/explorer',
  delivery: (id: string) => `/explorer/deliveries/${id}`,
  driver: (number: number) => `/explorer/drivers/${number}`,
  member: (number: number) => `/explorer/members/${number}`,
  tx: (hash: string) => `/explorer/tx/${hash}`,
  block: (number: number) => `/explorer/blocks/${number}`,
} as const;
