/** Where in the dashboard one is: a path, and in the query what a link should share. Never a key. */

import type { Hex } from '../core/hex.ts';

export type View = 'drivers' | 'driver' | 'deliveries' | 'delivery' | 'inbox' | 'unknown';
export type Parameters = Readonly<Record<string, string>>;

export interface Place {
  readonly view: View;
  /** Where the view is one driver's. */
  readonly driver?: number;
  /** Where the view is one delivery's. */
  readonly delivery?: Hex;
  readonly query: Parameters;
}

const ROOT = '/dashboard';

/** Returns the place that a path and a query (`?…`) name; `home` is what `/dashboard` alone shows. */
export function placeOf(path: string, search: string, home: View = 'drivers'): Place {
  const query = Object.fromEntries(new URLSearchParams(search));
  const parts = path.slice(ROOT.length).split('/').filter(Boolean);
  const [view, one, ...rest] = parts;
  if (view === undefined) return { view: home, query };
  if (rest.length === 0 && one === undefined && isList(view)) return { view, query };
  if (rest.length === 0 && view === 'drivers' && /^[1-9]\d{0,9}$/.test(one ?? ''))
    return { view: 'driver', driver: Number(one), query };
  if (rest.length === 0 && view === 'deliveries' && /^0x[0-9a-fA-F]{64}$/.test(one ?? ''))
    return { view: 'delivery', delivery: (one as string).toLowerCase() as Hex, query };
  return { view: 'unknown', query };
}

function isList(view: string): view is 'drivers' | 'deliveries' | 'inbox' {
  return view === 'drivers' || view === 'deliveries' || view === 'inbox';
}

/** Returns the link to a place; parameters that are empty are left out. */
export function link(
  view: 'drivers' | 'deliveries' | 'inbox',
  one: number | string | null = null,
  query: Readonly<Record<string, string | number | null | undefined>> = {},
): string {
  const kept = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== '') kept.set(name, String(value));
  const text = kept.toString();
  return `${ROOT}/${view}${one === null ? '' : `/${one}`}${text === '' ? '' : `?${text}`}`;
}

/** Returns the selector of the links to one driver's or delivery's page, whatever their query. */
export function linkTo(one: number | string): string {
  return `a[href$="/${one}"], a[href*="/${one}?"]`;
}

/** What a view asks of the page: to be somewhere else. */
export interface Going {
  readonly href: string;
  /** Takes the present place's step in the back button's history (what one types), instead of a new one. */
  readonly replace: boolean;
}

/** Asks the page around `from` to go to `href`. */
export function go(from: EventTarget, href: string, replace = false): void {
  const detail: Going = { href, replace };
  from.dispatchEvent(new CustomEvent('dash-go', { detail, bubbles: true, composed: true }));
}
