/**
 * Tracking links: one 32-byte secret gives a recipient's signing key and read token.
 *
 * A link is `/t/<deliveryId>#<secret>`; the fragment never reaches a server. HKDF-SHA256 (RFC 5869), salt the delivery
 * id: info `doorstep/sign` gives 48 bytes, mod n − 1, plus 1; info `doorstep/read` the read token. After a take-over
 * the device's seed stands in the secret's place.
 */

import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { fromBase64Url, fromHex, type Hex, toBase64Url, toBytes, toHex } from './hex.ts';

/** Order of secp256k1's group (SEC 2). */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

export interface TrackingLink {
  readonly deliveryId: Hex;
  readonly secret: Uint8Array;
}

function derive(secret: Uint8Array, deliveryId: Hex, info: string, length: number): Uint8Array {
  return hkdf(sha256, secret, fromHex(deliveryId, 32), utf8ToBytes(info), length);
}

/** Returns the 32-byte private key of a link's secret, or of a device's seed. */
export function signingKey(secret: Uint8Array, deliveryId: Hex): Uint8Array {
  const wide = BigInt(toHex(derive(secret, deliveryId, 'doorstep/sign', 48)));
  return toBytes((wide % (CURVE_ORDER - 1n)) + 1n, 32);
}

/** Returns the token with which the recipient reads, as the header `Doorstep-Read-Token` wants it. */
export function readToken(secret: Uint8Array, deliveryId: Hex): string {
  return toBase64Url(derive(secret, deliveryId, 'doorstep/read', 32));
}

/** Returns what a server keeps of a read token: its SHA-256. */
export function readTokenHash(token: string): Hex {
  const raw = fromBase64Url(token);
  if (raw === null) throw new RangeError('a read token is 32 bytes in base64url');
  return toHex(sha256(raw));
}

/** Returns what a tracking link's path and fragment say; null where they are no link. */
export function parseLink(path: string, fragment: string): TrackingLink | null {
  const id = /\/t\/(0x[0-9a-fA-F]{64})\/?$/.exec(path)?.[1]?.toLowerCase();
  const secret = fromBase64Url(fragment.replace(/^#/, ''));
  return id === undefined || secret === null ? null : { deliveryId: id as Hex, secret };
}
