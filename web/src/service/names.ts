/**
 * Members' names, as far as they may be shown. A name is whatever its member was registered with: it must stay in its
 * own place, and show what it says. Pure.
 */

import type { Ledger, Member } from './models.ts';

/** Control characters and line ends. */
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;
/** What turns or hides text and is not to be seen itself; what joins letters of some scripts is none of it. */
const UNSEEN = /(?![\u200c\u200d])[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
/** A joiner alone joins nothing, and the blank of Braille is one. */
const SEEN = /(?!\u200c|\u200d|\u2800)\S/u;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/**
 * Returns a name without what cannot be seen; `Member 3` where nothing is left. One written from right to left is set
 * apart, so that it does not turn the words around it.
 */
export function shownName({ name, member }: Pick<Member, 'name' | 'member'>): string {
  const seen = name.replace(BREAKS, ' ').replace(UNSEEN, '').replace(/\s+/gu, ' ').trim();
  if (!SEEN.test(seen)) return `Member ${member}`;
  return RIGHT_TO_LEFT.test(seen) ? `\u2068${seen}\u2069` : seen;
}

/** Returns a member with its name as it may be shown. */
export function named(member: Member): Member {
  return { ...member, name: shownName(member) };
}

/** Returns a ledger with its members' names as they may be shown. */
export function withNames(ledger: Ledger): Ledger {
  return { ...ledger, members: ledger.members.map(named) };
}
