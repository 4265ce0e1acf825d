/** Making what is signed: salt, hash, digest, signature. Loaded at the first touch of the form, not before. */

import { digest, documentHash, type SigningDomain } from '../core/digests.ts';
import { type Hex, toHex, ZERO_HASH } from '../core/hex.ts';
import { readToken, readTokenHash, signingKey } from '../core/links.ts';
import { addressOf, sign, signerOf } from '../core/signing.ts';
import type { Draft, SignedFeedback } from '../device/records.ts';
import { isBlank } from '../service/documents.ts';
import type { Receipt } from '../service/models.ts';

export interface Made {
  readonly feedback: SignedFeedback;
  readonly digest: Hex;
}

/** Returns 32 random bytes: a device's seed, or a salt. */
export function random32(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

/** Returns the address whose key a link's secret, or a device's seed, gives for a delivery. */
export function keyOf(secret: Uint8Array, deliveryId: Hex): Hex {
  return addressOf(signingKey(secret, deliveryId));
}

/** Returns the draft signed as feedback about `driver`; the comment under a new salt, or under `salt`. */
export function makeFeedback(
  domain: SigningDomain,
  secret: Uint8Array,
  deliveryId: Hex,
  draft: Draft,
  about: { readonly driver: number; readonly revision: number; readonly language: string },
  salt: Uint8Array = random32(),
): Made {
  const comment = draft.comment.trim();
  const content = isBlank(comment) ? null : { comment, lang: about.language };
  const values = {
    driver: about.driver,
    overall: draft.overall,
    timeliness: draft.timeliness,
    packaging: draft.packaging,
    professionalism: draft.professionalism,
    accuracy: draft.accuracy,
    issues: draft.issues,
    revision: about.revision,
  };
  const contentHash = content === null ? ZERO_HASH : documentHash(salt, content);
  const hashed = digest(domain, 'Feedback', { ...values, deliveryId, contentHash });
  const signature = sign(hashed, signingKey(secret, deliveryId));
  return {
    digest: hashed,
    feedback: {
      ...values,
      delivery_id: deliveryId,
      content_hash: contentHash,
      signature,
      ...(content === null ? {} : { content, salt: toHex(salt) }),
    },
  };
}

/** Returns the link's key's signature over giving the delivery to `newKey`. */
export function makeKeyChange(domain: SigningDomain, secret: Uint8Array, deliveryId: Hex, newKey: Hex): Hex {
  return sign(digest(domain, 'KeyChange', { deliveryId, newKey }), signingKey(secret, deliveryId));
}

/** Returns the body of `PUT …/read-token`: from now on the token that `seed` gives reads. */
export function makeReadToken(
  domain: SigningDomain,
  seed: Uint8Array,
  deliveryId: Hex,
): { token_hash: Hex; signature: Hex } {
  const tokenHash = readTokenHash(readToken(seed, deliveryId));
  const hashed = digest(domain, 'ReadToken', { deliveryId, tokenHash });
  return { token_hash: tokenHash, signature: sign(hashed, signingKey(seed, deliveryId)) };
}

/** Returns whether a receipt is the relay's own promise of this very digest. */
export function receiptHolds(
  domain: SigningDomain,
  relay: Hex | null,
  receipt: Receipt,
  digestSent: Hex,
): boolean {
  const recordBy = Date.parse(receipt.record_by) / 1000;
  if (relay === null || receipt.feedback_digest !== digestSent || !isUint32(recordBy)) return false;
  const hashed = digest(domain, 'Receipt', { feedbackDigest: digestSent, recordBy });
  return signerOf(hashed, receipt.signature) === relay.toLowerCase();
}

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}
