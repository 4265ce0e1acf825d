/** What the recipient's device keeps: seeds, take-overs, drafts, signed feedback on its way, and what was last seen. */

import type { Hex } from '../core/hex.ts';
import type { Delivery, DeliveryEntry, Ledger, Receipt } from '../service/models.ts';

/** A device's secret. Keys and read tokens of the deliveries it took over derive from it. */
export interface Seed {
  readonly id: string;
  readonly seed: Uint8Array;
  readonly made: 'here' | 'imported';
  readonly at: number;
}

/**
 * A delivery that this device takes over. `made`: signed and kept; `accepted`: the service has the key change;
 * `recorded`: it is on chain; `moved`: the read token follows from this device's seed too.
 */
export interface Possession {
  readonly deliveryId: Hex;
  readonly origin: string;
  readonly seed: Uint8Array;
  /** Address of the key that the seed gives for this delivery. */
  readonly key: Hex;
  /** Of the link's key over the key change; null where another device signed it. */
  readonly signature: Hex | null;
  readonly stage: 'made' | 'accepted' | 'recorded' | 'moved';
}

/**
 * What the recipient chose and wrote. `issues` are bits; `driver` is null until the first stars, which fix it. `proposed`
 * is the driver that was named then, or the last one since that the recipient has decided on.
 */
export interface Draft {
  readonly overall: number;
  readonly timeliness: number;
  readonly packaging: number;
  readonly professionalism: number;
  readonly accuracy: number;
  readonly issues: number;
  readonly comment: string;
  readonly driver: number | null;
  readonly proposed?: number;
}

export const EMPTY_DRAFT: Draft = {
  overall: 0,
  timeliness: 0,
  packaging: 0,
  professionalism: 0,
  accuracy: 0,
  issues: 0,
  comment: '',
  driver: null,
};

/** A feedback as `POST /v1/feedback` takes it. */
export interface SignedFeedback {
  readonly delivery_id: Hex;
  readonly driver: number;
  readonly overall: number;
  readonly timeliness: number;
  readonly packaging: number;
  readonly professionalism: number;
  readonly accuracy: number;
  readonly issues: number;
  readonly content_hash: Hex;
  readonly revision: number;
  readonly signature: Hex;
  readonly content?: { readonly comment: string; readonly lang: string };
  readonly salt?: Hex;
}

export interface Refused {
  /** A refusal's code, or `set-aside`, `taken-over`. */
  readonly code: string;
  readonly detail: string;
}

/**
 * Why something is sent again later: no answer came; the service cannot record for now, and says so; it failed, asks to
 * wait, or takes this later.
 */
export type Delay = 'unreachable' | 'stopped' | 'failing';

/** Signed feedback on its way. Only what is `waiting` may still be changed or dropped. */
export interface Outgoing {
  readonly deliveryId: Hex;
  readonly origin: string;
  readonly feedback: SignedFeedback;
  readonly digest: Hex;
  readonly signedAt: number;
  readonly stage: 'waiting' | 'accepted' | 'recorded' | 'refused';
  /** How often sending was tried: from the first try on, the service may have it without us knowing. */
  readonly tries: number;
  readonly intent: Hex | null;
  readonly receipt: Receipt | null;
  /** Whether the receipt is the relay's signature over this very digest; null without a receipt, or before a page checked. */
  readonly receiptHolds: boolean | null;
  /** Why the last try to send it was not the last; null while none was in vain. */
  readonly delay?: Delay | null;
  readonly block: number | null;
  readonly refused: Refused | null;
}

/** Returns the form's content that outgoing feedback was made of. */
export function draftOf(outgoing: Outgoing): Draft {
  const sent = outgoing.feedback;
  return {
    overall: sent.overall,
    timeliness: sent.timeliness,
    packaging: sent.packaging,
    professionalism: sent.professionalism,
    accuracy: sent.accuracy,
    issues: sent.issues,
    comment: sent.content?.comment ?? '',
    driver: sent.driver,
  };
}

/** What is being written: a first feedback, or a change begun `after` that revision was recorded. */
export interface Writing {
  readonly deliveryId: Hex;
  readonly draft: Draft;
  readonly after?: number;
}

/** Whose key signs for a delivery. */
export type Holder = 'link' | 'device' | 'somebody-else';

/** A delivery as last seen, to be shown without a line. */
export interface Seen {
  readonly deliveryId: Hex;
  readonly at: number;
  readonly ledger: Ledger;
  readonly delivery: Delivery;
  readonly entries: readonly DeliveryEntry[];
  /** Unknown where an earlier build kept it. */
  readonly holder?: Holder;
}

/** A feedback that this device signed, without its words: kept for good, to tell what it did not sign. */
export interface Signed {
  readonly digest: Hex;
  readonly deliveryId: Hex;
  readonly feedback: SignedFeedback;
}

export interface Kept {
  seeds: Seed;
  possessions: Possession;
  drafts: Writing;
  outgoing: Outgoing;
  seen: Seen;
  signed: Signed;
}

export type StoreName = keyof Kept;

export const STORES: readonly StoreName[] = ['seeds', 'possessions', 'drafts', 'outgoing', 'seen', 'signed'];

/** Returns the name of what a store's records are found by. */
export function keyOf(store: StoreName): 'id' | 'digest' | 'deliveryId' {
  if (store === 'seeds') return 'id';
  return store === 'signed' ? 'digest' : 'deliveryId';
}
