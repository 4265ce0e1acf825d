/** What the API answers, as far as the pages read it; the source is `/openapi.json`. Times are RFC 3339 UTC. */

import type { SigningDomain } from '../core/digests.ts';
import type { Hex } from '../core/hex.ts';
import type { OutcomeName } from '../core/vocabulary.ts';

export type { OutcomeName } from '../core/vocabulary.ts';

export type EntryKind = 'opening' | 'report' | 'feedback' | 'key_change' | 'note' | 'driver_move';
export type Standing = 'recognised' | 'good' | 'watch' | 'investigate' | 'insufficient';

/** One entry of the record. */
export interface Entry {
  readonly block: number;
  readonly log_index: number;
  readonly time: string;
  readonly tx_hash: Hex;
  readonly kind: EntryKind;
  readonly delivery_id: Hex | null;
  readonly shipper: number | null;
  readonly carrier: number | null;
  readonly driver: number;
  /** Who sent it. */
  readonly writer: Hex;
  /** A report whose driver had left the carrier: policies count it as if it named nobody. */
  readonly former_driver: boolean;
  /** The item's own fields, by kind: see `shown_item` of the API. */
  readonly item: Readonly<Record<string, unknown>>;
  readonly word: Hex;
  readonly head_of: { readonly driver?: number; readonly carrier?: number };
  readonly head: Hex;
}

export interface FeedbackItem {
  readonly driver: number;
  readonly overall: number;
  readonly timeliness: number;
  readonly packaging: number;
  readonly professionalism: number;
  readonly accuracy: number;
  readonly issues: readonly string[];
  readonly issue_bits: number;
  readonly content_hash: Hex;
  readonly revision: number;
}

export interface StoredDocument {
  readonly content: Readonly<Record<string, unknown>> | null;
  readonly salt: Hex | null;
  readonly erased: boolean;
}

export interface DeliveryEntry extends Entry {
  readonly document: StoredDocument | null;
}

export interface FeedbackEntry extends DeliveryEntry {
  readonly serious: boolean;
  readonly superseded: boolean;
  readonly withdrawn: boolean;
}

export interface Delivery {
  readonly delivery_id: Hex;
  readonly shipper: number;
  readonly carrier: number;
  readonly driver: number;
  readonly was_drivers: readonly number[];
  readonly promised_by: string;
  readonly opened_at: string;
  readonly outcome: OutcomeName | null;
  readonly feedback_open: boolean;
  readonly revision: number;
  readonly taken_over: boolean;
  readonly recipient_key: Hex;
  readonly waybill: string | null;
  readonly record: Readonly<Record<string, unknown>> | null;
}

export interface Member {
  readonly member: number;
  readonly name: string;
  readonly roles: readonly ('shipper' | 'carrier' | 'reviewer')[];
}

/** `/v1/ledger`. */
export interface Ledger {
  readonly domain: SigningDomain;
  readonly relay: Hex | null;
  readonly members: readonly Member[];
  readonly issues: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly genesis_hash: Hex;
  readonly deploy_block: number;
  readonly deploy_block_hash: Hex;
  readonly public_record: boolean;
}

/** Of `/v1/status`: why something stands still. */
export interface Stop {
  readonly cause: string;
  readonly detail: string;
  /** What the operator does about it. */
  readonly remedy: string;
  readonly since: string | null;
}

export interface Receipt {
  readonly feedback_digest: Hex;
  readonly record_by: string;
  readonly relay: Hex;
  readonly signature: Hex;
}

export interface Refusal {
  readonly code: string;
  readonly reason: number | null;
  readonly field: string;
  readonly message: string;
  readonly curable: boolean;
}

/** What a posted item is answered with. */
export interface Answer {
  readonly index: number;
  readonly status: 'accepted' | 'duplicate' | 'refused';
  readonly intent?: Hex;
  readonly delivery_id?: Hex;
  readonly receipt?: Receipt;
  readonly refusal?: Refusal;
}

export interface Intent {
  readonly intent: Hex;
  readonly kind: string;
  readonly delivery_id: Hex;
  readonly state: 'accepted' | 'sent' | 'recorded' | 'rejected' | 'set_aside';
  readonly reason: number | null;
  readonly detail: string | null;
  readonly accepted_at: string;
  readonly settled_at: string | null;
  readonly on_chain: { readonly block: number; readonly tx_hash: Hex; readonly log_index: number } | null;
}

/** Millionths; `count` is the effective count in thousandths, `n` the plain one. */
export interface Figure {
  readonly low: number;
  readonly mean: number;
  readonly high: number;
  readonly count: number;
  readonly n: number;
}

export interface Reputation {
  readonly policy: number;
  readonly driver?: number;
  readonly carrier?: number;
  readonly shipper?: number;
  readonly as_of: string;
  readonly day: string;
  readonly block: { readonly number: number; readonly hash: Hex; readonly time: string } | null;
  readonly standing: Standing;
  readonly reasons: readonly string[];
  readonly figures: Readonly<Record<string, Figure>>;
  readonly variants: Readonly<Record<string, Readonly<Record<string, Figure>>>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly shares: Readonly<Record<string, Share>>;
  /** The shipper that `shares.largest_shipper` is about. */
  readonly largest_shipper: number | null;
}

/** A plain share; `share` in millionths, null where the whole is nothing. */
export interface Share {
  readonly part: number;
  readonly whole: number;
  readonly share: number | null;
}

export interface Week {
  readonly from: string;
  readonly n: number;
  readonly mean: number | null;
}

export interface DriverRow {
  readonly driver: number;
  readonly carrier: number;
  readonly has_key: boolean;
  readonly reputation?: Reputation | null;
  readonly weeks?: readonly Week[];
}

export interface SeriesPoint {
  readonly as_of: string;
  readonly standing: Standing;
  readonly overall: Figure;
}
