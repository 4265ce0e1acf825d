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
 * as JSON, as a comment, and as a comment without the line break that pasting adds.
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

function documentsOf(text: string): unknown[] {
  const found: unknown[] = [{ comment: text }];
  if (text.trim() !== text) found.push({ comment: text.trim() });
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) found.unshift(parsed);
  } catch {
    // No JSON: a comment then.
  }
  return found;
}

function hashesOf({ item }: Entry): unknown[] {
  return [item.record_hash, item.evidence_hash, item.content_hash];
}
