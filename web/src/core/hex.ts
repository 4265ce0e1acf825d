/** Bytes and their spellings: 0x-hex on the wire, base64url in links. */

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

export type Hex = `0x${string}`;

export const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`;

/** Returns the bytes as 0x-hex, lower case. */
export function toHex(bytes: Uint8Array): Hex {
  return `0x${bytesToHex(bytes)}`;
}

/** Returns the bytes of 0x-hex; throws RangeError where it is none, or not of `length` bytes. */
export function fromHex(text: string, length?: number): Uint8Array {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(text)) throw new RangeError(`not 0x-hex: ${text.slice(0, 80)}`);
  const bytes = hexToBytes(text.slice(2));
  if (length !== undefined && bytes.length !== length)
    throw new RangeError(`must be ${length} bytes, not ${bytes.length}`);
  return bytes;
}

/** Returns base64url without padding, as links and headers write secrets and tokens. */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** Returns the 32 bytes written as base64url without padding; null for anything else. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return null;
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(raw, (character) => character.charCodeAt(0));
  return toBase64Url(bytes) === text ? bytes : null;
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Returns a number as `length` big-endian bytes; throws RangeError where it does not fit. */
export function toBytes(value: number | bigint, length: number): Uint8Array {
  let rest = BigInt(value);
  const bytes = new Uint8Array(length);
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  if (rest !== 0n) throw new RangeError(`${value} does not fit ${length} bytes`);
  return bytes;
}
