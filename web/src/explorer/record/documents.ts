/** Whether a private text is the one whose salted hash stands on chain. Pure. */

import { documentHash } from '../../core/digests.ts';
import { fromBase64Url, fromHex, type Hex } from '../../core/hex.ts';
import type { Entry } from '../../service/models.ts';

export type Belonging =
  | { readonly kind: 'salt' }
  | { readonly kind: 'none' }
  | { readonly kind: 'of'; readonly entry: Entry; readonly hash: Hex };

/**
 * Returns the entry whose document hash `text` gives under `salt` (32 bytes, 0x-hex or base64url). The text is tried
 * as JSON and as a comment, also without the line break that pasting adds.
 */
export function belongs(text: string, salt: string, entries: readonly Entry[]): Belonging {
  const bytes = saltOf(salt.trim());
  if (bytes === null) return { kind: 'salt' };
  for (const document of documentsOf(text)) {
    const hash = documentHash(bytes, document);
    const entry = entries.find((one) => hashesOf(one).includes(hash));
    if (entry !== undefined) return { kind: 'of', entry, hash };
  }
  return { kind: 'none' };
}

function saltOf(text: string): Uint8Array | null {
  try {
    return fromHex(text, 32);
  } catch {
    return fromBase64Url(text);
  }
}

/** What the text may have been written as: a comment's document names its language, which the reader need not know. */
function* documentsOf(text: string): Generator<unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) yield parsed;
  } catch {
    // No JSON: a comment then.
  }
  for (const comment of new Set([text, text.trim()])) {
    yield { comment };
    for (const lang of languages()) yield { comment, lang };
  }
}

/** Every tag of two letters: trying them all takes less time than asking. */
function* languages(): Generator<string> {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  for (const first of letters) for (const second of letters) yield first + second;
}

function hashesOf({ item }: Entry): unknown[] {
  return [item.record_hash, item.evidence_hash, item.content_hash];
}
