/** Signatures as the contract takes them: EIP-2098 compact, low s. Loaded only when something is signed. */

import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { fromHex, type Hex, toHex } from './hex.ts';

/** Returns the address of a private key, lower-case 0x-hex. */
export function addressOf(privateKey: Uint8Array): Hex {
  return addressOfPublic(secp256k1.getPublicKey(privateKey, false));
}

function addressOfPublic(uncompressed: Uint8Array): Hex {
  return toHex(keccak_256(uncompressed.slice(1)).slice(12));
}

/** Returns the 64-byte EIP-2098 signature of a 32-byte digest (RFC 6979, low s). */
export function sign(digest: Hex, privateKey: Uint8Array): Hex {
  const raw = secp256k1.sign(fromHex(digest, 32), privateKey, {
    prehash: false,
    lowS: true,
    format: 'recovered',
  });
  const compact = raw.slice(1);
  if (raw[0] === 1) compact[32] = (compact[32] as number) | 0x80;
  return toHex(compact);
}

/** Returns who signed a digest; null where the signature is none. */
export function signerOf(digest: Hex, signature: string): Hex | null {
  try {
    const compact = fromHex(signature, 64).slice();
    const recovery = (compact[32] as number) >> 7;
    compact[32] = (compact[32] as number) & 0x7f;
    const found = secp256k1.Signature.fromBytes(compact, 'compact')
      .addRecoveryBit(recovery)
      .recoverPublicKey(fromHex(digest, 32));
    return addressOfPublic(found.toBytes(false));
  } catch {
    return null;
  }
}
