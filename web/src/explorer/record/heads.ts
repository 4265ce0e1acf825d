/**
 * A record head recomputed from its entries, one by one: what the contract did, done again.
 *
 * head' = keccak256(abi.encode(head, entryDigest, word, writer, block number, block time)), from zero; entryDigest is
 * the entry's EIP-712 struct hash. A transaction's hash and a log's index are where an entry is found; no head binds them.
 */

import { type Fields, nextHead, type StructName, structHash } from '../../core/digests.ts';
import { type Hex, ZERO_HASH } from '../../core/hex.ts';
import { outcomeNumber } from '../../core/vocabulary.ts';
import type { Entry } from '../../service/models.ts';
import { type Contradiction, contradictions } from './contradictions.ts';
import { unixSeconds } from './times.ts';

export type Owner =
  | { readonly kind: 'driver'; readonly number: number }
  | { readonly kind: 'carrier'; readonly number: number };

/** Why an entry does not stand; `place` counts entries of this head from 1. */
export interface Difference {
  readonly place: number;
  readonly entry: Entry;
  /**
   * `head`: another head than is stated. `field`: the head agrees, but a value shown beside it contradicts what it
   * binds. `form`: a value that no entry can have. `order`: not after the entry before it. `owner`: of another head.
   */
  readonly why: 'head' | 'field' | 'form' | 'order' | 'owner';
  readonly computed: Hex | null;
  readonly stated: string;
  readonly contradictions: readonly Contradiction[];
  /** What the value's form breaks, where `why` is `form`. */
  readonly detail: string;
}

/** Returns the EIP-712 struct of an entry and its fields under their signed names; throws RangeError naming a bad one. */
export function structOf(entry: Entry): { readonly struct: StructName; readonly fields: Fields } {
  const item = entry.item as Readonly<Record<string, number | string>>;
  const deliveryId = entry.delivery_id ?? ZERO_HASH;
  switch (entry.kind) {
    case 'opening':
      return struct('Opening', {
        deliveryId,
        recipientKey: item.recipient_key,
        carrier: item.carrier,
        promisedBy: unixSeconds(item.promised_by),
        recordHash: item.record_hash,
      });
    case 'report':
      return struct('Report', {
        deliveryId,
        driver: item.driver,
        outcome: outcomeNumber(item.outcome),
        occurredAt: unixSeconds(item.occurred_at),
        evidenceHash: item.evidence_hash,
      });
    case 'feedback':
      return struct('Feedback', {
        deliveryId,
        driver: item.driver,
        overall: item.overall,
        timeliness: item.timeliness,
        packaging: item.packaging,
        professionalism: item.professionalism,
        accuracy: item.accuracy,
        issues: item.issue_bits,
        contentHash: item.content_hash,
        revision: item.revision,
      });
    case 'key_change':
      return struct('KeyChange', { deliveryId, newKey: item.new_key });
    case 'note':
      return struct('Note', {
        deliveryId,
        driver: item.driver,
        carrier: item.carrier,
        kind: item.note_kind,
        contentHash: item.content_hash,
      });
    case 'driver_move':
      return struct('DriverMove', {
        driver: item.driver,
        from: item.from_carrier,
        to: item.to_carrier,
        nonce: item.nonce,
        deadline: unixSeconds(item.deadline),
      });
    default:
      throw new RangeError(`no such kind of entry: ${String(entry.kind)}`);
  }
}

function struct(name: StructName, fields: Readonly<Record<string, number | string | undefined>>) {
  for (const [field, value] of Object.entries(fields))
    if (value === undefined) throw new RangeError(`${name} needs ${field}`);
  return { struct: name, fields: fields as Fields };
}

/** Returns the entry's digest: its EIP-712 struct hash. */
export function entryDigest(entry: Entry): Hex {
  const { struct: name, fields } = structOf(entry);
  return structHash(name, fields);
}

/** Returns the head that an entry makes of the one before it; throws RangeError for values no entry can have. */
export function headAfter(head: string, entry: Entry): Hex {
  const time = unixSeconds(entry.time);
  return nextHead(head, entryDigest(entry), entry.word, entry.writer, entry.block, time);
}

/** Takes a head's entries in chain order, from the first. */
export class HeadCheck {
  /** The head after the entries taken so far. */
  head: Hex = ZERO_HASH;
  count = 0;
  #last: Entry | null = null;

  constructor(readonly of: Owner) {}

  /** Takes the next entry; returns what is wrong with it, null where nothing is. After a difference it takes no more. */
  take(entry: Entry): Difference | null {
    const place = this.count + 1;
    const found = (why: Difference['why'], computed: Hex | null = null, detail = ''): Difference => ({
      place,
      entry,
      why,
      computed,
      stated: String(entry.head),
      contradictions: why === 'form' ? [] : contradictions(entry),
      detail,
    });
    let computed: Hex;
    let against: readonly Contradiction[];
    try {
      computed = headAfter(this.head, entry);
      against = contradictions(entry);
    } catch (error) {
      if (!isFormError(error)) throw error;
      return found('form', null, error.message);
    }
    if (computed !== entry.head) return found('head', computed);
    if (entry.head_of[this.of.kind] !== this.of.number) return found('owner', computed);
    if (against.length > 0) return found('field', computed);
    if (this.#last !== null && !after(entry, this.#last)) return found('order', computed);
    this.head = computed;
    this.count = place;
    this.#last = entry;
    return null;
  }
}

/** A value that is no number, no hex, or not there at all: what an answer made by others may hold. */
function isFormError(error: unknown): error is Error {
  return error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError;
}

function after(entry: Entry, last: Entry): boolean {
  return entry.block > last.block || (entry.block === last.block && entry.log_index > last.log_index);
}

/** What the entry after a difference tells of it: it follows from the stated head, the computed one, or neither. */
export type Following = 'stated' | 'computed' | 'neither' | 'unknown';

export function following(difference: Difference, next: Entry | null): Following {
  if (next === null || difference.why !== 'head' || difference.computed === null) return 'unknown';
  try {
    if (headAfter(difference.stated, next) === next.head) return 'stated';
    return headAfter(difference.computed, next) === next.head ? 'computed' : 'neither';
  } catch (error) {
    if (isFormError(error)) return 'neither';
    throw error;
  }
}
