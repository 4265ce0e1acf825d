/** The contract's packed storage words, unpacked: one slot for a delivery. */

import type { Hex } from './hex.ts';

const TAKEN = 0x40n;
const RATEABLE = 0x80n;

export interface DeliveryWord {
  readonly recipientKey: Hex;
  readonly driver: number;
  /** Unix seconds. */
  readonly promisedBy: number;
  readonly carrier: number;
  /** The last report's outcome; 0 while only opened. */
  readonly lastOutcome: number;
  /** How often the named driver was replaced, 0 to 3. */
  readonly replacedDrivers: number;
  readonly taken: boolean;
  readonly rateable: boolean;
  readonly revision: number;
}

/** Returns the delivery of a stored word (32 bytes, 0x-hex); null for zero, which is a delivery never opened. */
export function unpackDelivery(slot: string): DeliveryWord | null {
  const word = BigInt(slot);
  if (word === 0n) return null;
  const bits = (from: bigint, count: bigint) => (word >> from) & ((1n << count) - 1n);
  const state = bits(240n, 8n);
  return {
    recipientKey: `0x${bits(0n, 160n).toString(16).padStart(40, '0')}`,
    driver: Number(bits(160n, 32n)),
    promisedBy: Number(bits(192n, 32n)),
    carrier: Number(bits(224n, 16n)),
    lastOutcome: Number(state & 0x0fn) - 1,
    replacedDrivers: Number((state >> 4n) & 3n),
    taken: (state & TAKEN) !== 0n,
    rateable: (state & RATEABLE) !== 0n,
    revision: Number(bits(248n, 8n)),
  };
}

export interface DriverWord {
  /** Zero until a key is set. */
  readonly key: Hex;
  readonly carrier: number;
  /** Counts signed key settings and moves. */
  readonly nonce: number;
}

/** Returns the driver of a stored word (32 bytes, 0x-hex); null for zero, which is a number never registered. */
export function unpackDriver(slot: string): DriverWord | null {
  const word = BigInt(slot);
  if (word === 0n) return null;
  return {
    key: `0x${(word & ((1n << 160n) - 1n)).toString(16).padStart(40, '0')}`,
    carrier: Number((word >> 160n) & 0xffffn),
    nonce: Number((word >> 176n) & 0xffffffffn),
  };
}
