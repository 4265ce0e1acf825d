/** Deliveries and entries as the API gives them, with what a test cares about filled in. */

import type { Hex } from '../../../src/core/hex.ts';
import type { Outgoing } from '../../../src/device/records.ts';
import type { FeedbackOnRecord, Snapshot } from '../../../src/recipient/flow.ts';
import type {
  Delivery,
  DeliveryEntry,
  EntryKind,
  FeedbackItem,
  Ledger,
  OutcomeName,
} from '../../../src/service/models.ts';

export const ID: Hex = `0x0001${'ab'.repeat(30)}`;
export const KEY: Hex = `0x${'11'.repeat(20)}`;
const HASH: Hex = `0x${'22'.repeat(32)}`;

export function delivery(part: Partial<Delivery> = {}): Delivery {
  return {
    delivery_id: ID,
    shipper: 1,
    carrier: 2,
    driver: 0,
    was_drivers: [],
    promised_by: '2026-11-24T18:00:00Z',
    opened_at: '2026-11-22T08:00:00Z',
    outcome: null,
    feedback_open: false,
    revision: 0,
    taken_over: false,
    recipient_key: KEY,
    waybill: null,
    record: null,
    ...part,
  };
}

export function entry(
  kind: EntryKind,
  item: Record<string, unknown>,
  at: number,
  part: Partial<DeliveryEntry> = {},
): DeliveryEntry {
  return {
    block: 10,
    log_index: 0,
    time: new Date(at).toISOString(),
    tx_hash: HASH,
    kind,
    delivery_id: ID,
    shipper: 1,
    carrier: 2,
    driver: 0,
    writer: '0x03',
    former_driver: false,
    item,
    word: HASH,
    head_of: {},
    head: HASH,
    document: null,
    ...part,
  };
}

/** `at` and `recorded` are ms. */
export function report(outcome: OutcomeName, at: number, driver = 1, recorded = at): DeliveryEntry {
  return entry('report', { outcome, driver, occurred_at: new Date(at).toISOString() }, recorded, { driver });
}

export function feedbackEntry(revision: number, overall: number, at = 0): FeedbackOnRecord {
  const item: FeedbackItem = {
    driver: 1,
    overall,
    timeliness: 0,
    packaging: 0,
    professionalism: 0,
    accuracy: 0,
    issues: [],
    issue_bits: 0,
    content_hash: HASH,
    revision,
  };
  return { ...entry('feedback', {}, at, { driver: 1, block: 20 + revision }), item: { ...item } };
}

export function ledger(part: Partial<Ledger> = {}): Ledger {
  return {
    domain: { name: 'DeliveryLedger', version: '1', chainId: 20260, verifyingContract: KEY },
    relay: KEY,
    members: [
      { member: 1, name: 'Corner Shop', roles: ['shipper'] },
      { member: 2, name: 'Swift Couriers', roles: ['carrier'] },
    ],
    issues: {},
    outcomes: {},
    genesis_hash: HASH,
    deploy_block: 2,
    deploy_block_hash: HASH,
    public_record: true,
    ...part,
  };
}

export function outgoing(part: Partial<Outgoing> = {}): Outgoing {
  return {
    deliveryId: ID,
    origin: '',
    feedback: {
      delivery_id: ID,
      driver: 1,
      overall: 4,
      timeliness: 0,
      packaging: 0,
      professionalism: 0,
      accuracy: 0,
      issues: 0,
      content_hash: HASH,
      revision: 1,
      signature: `0x${'33'.repeat(64)}`,
    },
    digest: `0x${'44'.repeat(32)}`,
    signedAt: 0,
    stage: 'waiting',
    tries: 0,
    intent: null,
    receipt: null,
    receiptHolds: null,
    block: null,
    refused: null,
    ...part,
  };
}

export function snapshot(part: Partial<Snapshot> = {}): Snapshot {
  return {
    obstacle: null,
    ledger: ledger(),
    delivery: delivery(),
    entries: [],
    possession: null,
    outgoing: null,
    holder: 'link',
    lack: null,
    signed: [],
    online: true,
    readAt: 0,
    stale: false,
    closable: false,
    ...part,
  };
}
