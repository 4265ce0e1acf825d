/** Why feedback is not recorded, and the ways on that the words of each refusal name. */

import type { Snapshot } from './flow.ts';

/** `again`: sign the same anew; `change`: back to the form; `code`: bring the code of the device that holds the delivery. */
export type Way = 'again' | 'change' | 'code';

/** By the code of the service or the ledger; `other` for any that is not here. Every one can be discarded. */
export const REFUSALS = {
  'taken-over': ['code'],
  'bad-signature': ['again'],
  'not-taken-over': ['again'],
  revision: ['again'],
  'above-127-before-take-over': ['again'],
  'too-early': ['again'],
  'unknown-delivery': ['again'],
  closed: [],
  rating: ['change'],
  'issue-bits': ['change'],
  invalid: ['change'],
  'driver-never-named': ['change'],
  conflict: ['again'],
  'set-aside': [],
  rejected: ['again'],
  other: ['again'],
} as const satisfies Readonly<Record<string, readonly Way[]>>;

export type RefusalCode = keyof typeof REFUSALS;

/** The message that names each way: a button's, or a field's. */
export const WAY_NAMES: Readonly<Record<Way, string>> = {
  again: 'refused.again',
  change: 'refused.change',
  code: 'import.label',
};

/** The ledger's numbers, as the service names them when it refuses before sending. */
export const LEDGER_CODES: Readonly<Record<number, RefusalCode>> = {
  10: 'unknown-delivery',
  11: 'bad-signature',
  30: 'too-early',
  31: 'closed',
  32: 'revision',
  33: 'above-127-before-take-over',
  34: 'rating',
  35: 'issue-bits',
  36: 'driver-never-named',
};

/** Returns the refusal to tell: a signature that was not taken means another thing by who holds the delivery now. */
export function refusalOf(seen: Pick<Snapshot, 'delivery' | 'outgoing' | 'holder'>): RefusalCode {
  const code = seen.outgoing?.refused?.code ?? '';
  if (code === 'bad-signature' && !seen.delivery?.taken_over) return 'not-taken-over';
  if (code === 'taken-over' && seen.holder === 'device') return 'bad-signature'; // Its code was brought here since.
  return code in REFUSALS ? (code as RefusalCode) : 'other';
}
