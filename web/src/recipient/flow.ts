/** Which view the recipient sees, from what is known. Pure. */

import type { Hex } from '../core/hex.ts';
import type { Lack } from '../device/device.ts';
import type { Holder, Outgoing, Possession, SignedFeedback } from '../device/records.ts';
import type { Delivery, DeliveryEntry, FeedbackItem, Ledger } from '../service/models.ts';
import type { Problem } from '../service/problems.ts';

/** What stopped reading the delivery; `null` while it can be read. */
export type Obstacle =
  | { readonly kind: 'wrong-link' }
  | { readonly kind: 'unknown'; readonly detail: string }
  | { readonly kind: 'not-yet' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'failed'; readonly detail: string }
  | { readonly kind: 'taken-over'; readonly at: string | null; readonly block: number | null };

/** Returns what the service's answer means for reading the delivery. */
export function obstacleOf({ kind, status, detail, body }: Problem): Obstacle {
  if (kind === 'not-on-chain-yet') return { kind: 'not-yet' };
  if (kind !== 'taken-over') return { kind: status === 404 ? 'unknown' : 'failed', detail };
  const { taken_over_at: at, block } = body;
  return {
    kind: 'taken-over',
    at: typeof at === 'string' ? at : null,
    block: typeof block === 'number' ? block : null,
  };
}

export interface Snapshot {
  readonly obstacle: Obstacle | null;
  readonly ledger: Ledger | null;
  readonly delivery: Delivery | null;
  readonly entries: readonly DeliveryEntry[];
  readonly possession: Possession | null;
  readonly outgoing: Outgoing | null;
  readonly holder: Holder;
  /** Why the device keeps nothing, so that it signs with the link's key and takes nothing over; null where it keeps all. */
  readonly lack: Lack | null;
  /** What this device signed for the delivery, as far as it knows. */
  readonly signed: readonly SignedFeedback[];
  readonly online: boolean;
  /** When what is shown was read; null before. */
  readonly readAt: number | null;
  /** What is shown was read earlier, and cannot be read now. */
  readonly stale: boolean;
  /** The browser sends what waits when this page is closed. */
  readonly closable: boolean;
}

export type View =
  | 'loading'
  | 'wrong-link'
  | 'wrong-api'
  | 'unknown'
  | 'not-yet'
  | 'unreachable'
  | 'failed'
  | 'taken-over'
  | 'too-early'
  | 'closed'
  | 'form'
  | 'waiting'
  | 'accepted'
  | 'overdue'
  | 'refused'
  | 'recorded';

const WINDOW_MS = 366 * 86_400_000;

/** Returns what to show at `now` (ms): what is on its way comes before what stands, what stands before the form. */
export function viewOf(seen: Snapshot, now: number): View {
  const { obstacle, delivery, outgoing } = seen;
  if (delivery === null || seen.ledger === null) return obstacle?.kind ?? 'loading';
  if (obstacle?.kind === 'taken-over' || seen.holder === 'somebody-else') return 'taken-over';
  if (outgoing !== null && outgoing.stage !== 'recorded') {
    if (outgoing.stage === 'accepted' && isOverdue(outgoing, now)) return 'overdue';
    return outgoing.stage;
  }
  const stands = standing(seen.entries);
  // On chain, as the intent says, but not read back yet: not a moment for a form.
  if (outgoing !== null && outgoing.feedback.revision > (stands?.item.revision ?? 0)) return 'accepted';
  if (stands !== null) return 'recorded';
  return isOpen(delivery, now) ? 'form' : isClosed(delivery, now) ? 'closed' : 'too-early';
}

/** Returns whether what waits is being sent for the first time, or waits for a line, or for the service. */
export function waitingKind({
  online,
  outgoing,
}: Pick<Snapshot, 'online' | 'outgoing'>): 'sending' | 'waiting' {
  return online && !outgoing?.delay ? 'sending' : 'waiting';
}

/** Returns whether feedback is taken, for all that this device knows. */
export function isOpen(delivery: Delivery, now: number): boolean {
  if (isClosed(delivery, now)) return false;
  return delivery.feedback_open || now > Date.parse(delivery.promised_by);
}

export function isClosed(delivery: Delivery, now: number): boolean {
  return now > Date.parse(delivery.promised_by) + WINDOW_MS;
}

export function closesAt(delivery: Delivery): number {
  return Date.parse(delivery.promised_by) + WINDOW_MS;
}

/** Returns whether the promised time has passed without the feedback on record. */
export function isOverdue(outgoing: Outgoing, now: number): boolean {
  return outgoing.receipt !== null && now > Date.parse(outgoing.receipt.record_by);
}

export interface FeedbackOnRecord extends DeliveryEntry {
  readonly item: Readonly<Record<string, unknown>> & FeedbackItem;
}

/** Returns the recorded feedback, newest first. */
export function revisions(entries: readonly DeliveryEntry[]): FeedbackOnRecord[] {
  return entries.filter((entry): entry is FeedbackOnRecord => entry.kind === 'feedback').reverse();
}

/** Returns the feedback that counts now; null where none was given. */
export function standing(entries: readonly DeliveryEntry[]): FeedbackOnRecord | null {
  return revisions(entries)[0] ?? null;
}

/** Returns the entry that outgoing feedback became; undefined while it is not on record. */
export function recordOf(
  outgoing: Outgoing,
  entries: readonly DeliveryEntry[],
): FeedbackOnRecord | undefined {
  return revisions(entries).find(({ item }) => isSame(outgoing.feedback, item));
}

function isSame(sent: SignedFeedback, item: FeedbackItem): boolean {
  return (
    item.revision === sent.revision &&
    item.driver === sent.driver &&
    item.content_hash === sent.content_hash &&
    item.issue_bits === sent.issues &&
    item.overall === sent.overall &&
    item.timeliness === sent.timeliness &&
    item.packaging === sent.packaging &&
    item.professionalism === sent.professionalism &&
    item.accuracy === sent.accuracy
  );
}

/** Returns whether this device signed recorded feedback, as far as it knows. */
export function isOwn({ item }: FeedbackOnRecord, seen: Pick<Snapshot, 'signed' | 'outgoing'>): boolean {
  const { signed, outgoing } = seen;
  return signed.some((sent) => isSame(sent, item)) || (outgoing !== null && isSame(outgoing.feedback, item));
}

/**
 * Who may have signed feedback that this device did not: whoever has the link, as its key signed; whoever has this device's
 * code; or this very device, where it keeps nothing of what it signed.
 */
export type Stranger = 'link' | 'code' | 'perhaps-you';

/** Returns who may have signed recorded feedback; null where this device did. */
export function strangerOf(one: FeedbackOnRecord, seen: Snapshot): Stranger | null {
  if (isOwn(one, seen)) return null;
  const change = seen.entries.findIndex((entry) => entry.kind === 'key_change');
  if (change !== -1 && seen.entries.indexOf(one) > change) return 'code';
  return seen.lack === null ? 'link' : 'perhaps-you';
}

/** Returns the revision to sign next. */
export function nextRevision(seen: Pick<Snapshot, 'delivery' | 'outgoing'>): number {
  const stored = seen.delivery?.revision ?? 0;
  const sent = seen.outgoing;
  // Refused for its revision although that follows the last recorded one: the same revision waits at the service.
  const passed = sent?.refused?.code === 'revision' ? sent.feedback.revision : 0;
  return Math.max(stored, passed) + 1;
}

/**
 * Returns the take-over to be sent again: the service accepted it, but the ledger refused the feedback for its signature
 * and the delivery is not taken over. Null where there is nothing to mend.
 */
export function notTakenOver(
  seen: Pick<Snapshot, 'delivery' | 'outgoing' | 'possession'>,
): Possession | null {
  const { delivery, outgoing, possession } = seen;
  if (outgoing?.stage !== 'refused' || outgoing.refused?.code !== 'bad-signature') return null;
  if (delivery === null || delivery.taken_over || possession?.stage !== 'accepted') return null;
  return possession.signature === null ? null : { ...possession, stage: 'made' };
}

/** Returns when the key was changed, as far as this reader may know it. */
export function takenOverAt(seen: Snapshot): { at: string; block: number } | null {
  const change = seen.entries.find((entry) => entry.kind === 'key_change');
  if (change !== undefined) return { at: change.time, block: change.block };
  const { obstacle } = seen;
  if (obstacle?.kind !== 'taken-over' || obstacle.at === null || obstacle.block === null) return null;
  return { at: obstacle.at, block: obstacle.block };
}

/** Returns who opened the delivery: its id begins with the shipper's number, so it is known before anything is read. */
export function shipperOf(deliveryId: Hex): number {
  return Number.parseInt(deliveryId.slice(2, 6), 16);
}

export function nameOf(ledger: Ledger | null, member: number): string | null {
  return ledger?.members.find((one) => one.member === member)?.name ?? null;
}
