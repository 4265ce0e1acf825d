/** What the device forgets: words that are on record or erased, and deliveries that it may no longer read. */

import type { Hex } from '../core/hex.ts';
import type { Device } from '../device/device.ts';
import type { Outgoing } from '../device/records.ts';
import type { DeliveryEntry } from '../service/models.ts';
import type { Problem } from '../service/problems.ts';
import { recordOf, revisions } from './flow.ts';

/** Returns the outgoing feedback without its words and their salt; what proves it stays. */
export function withoutWords(outgoing: Outgoing): Outgoing {
  const { content: _words, salt: _salt, ...feedback } = outgoing.feedback;
  return { ...outgoing, feedback };
}

/** Keeps that outgoing feedback stands among `entries`, from then on without its words. */
export async function keepRecorded(
  device: Device,
  deliveryId: Hex,
  entries: readonly DeliveryEntry[],
): Promise<void> {
  await device.change('outgoing', deliveryId, (kept) => {
    if (kept === undefined || (kept.stage === 'recorded' && kept.feedback.salt === undefined)) return null;
    const record = recordOf(kept, entries);
    if (record === undefined) return null;
    return { ...withoutWords(kept), stage: 'recorded', block: record.block, refused: null };
  });
}

/** Returns the entries with the words of all feedback erased. */
export function withoutDocuments(entries: readonly DeliveryEntry[]): DeliveryEntry[] {
  return entries.map((entry) =>
    entry.kind === 'feedback' && entry.document !== null
      ? { ...entry, document: { content: null, salt: null, erased: true } }
      : entry,
  );
}

/** Forgets every word about a delivery after erasing; feedback that was not sent yet is none of what was erased. */
export async function forgetWords(device: Device, deliveryId: Hex): Promise<void> {
  await device.change('outgoing', deliveryId, (kept) =>
    kept === undefined || kept.stage === 'waiting' ? null : withoutWords(kept),
  );
  const seen = await device.get('seen', deliveryId);
  if (seen !== undefined) await device.put(['seen', { ...seen, entries: withoutDocuments(seen.entries) }]);
  await device.remove('drafts', deliveryId);
}

/** Forgets every word where some of what was last seen has been erased since, on another device; true where it has. */
export async function forgetErased(
  device: Device,
  deliveryId: Hex,
  entries: readonly DeliveryEntry[],
): Promise<boolean> {
  const erased = new Set(
    revisions(entries)
      .filter((one) => one.document?.erased)
      .map((one) => one.item.revision),
  );
  const before = revisions((await device.get('seen', deliveryId))?.entries ?? []);
  const gone = before.some((one) => one.document?.content != null && erased.has(one.item.revision));
  // A change that was begun holds the words that it began with.
  if (gone) await forgetWords(device, deliveryId);
  return gone;
}

/** Forgets what was read of a delivery, and the change begun of it; words that were never recorded stay their writer's. */
export async function forgetDelivery(device: Device, deliveryId: Hex): Promise<void> {
  await device.remove('seen', deliveryId);
  await device.remove('drafts', deliveryId, ({ after }) => after !== undefined);
}

/** Returns whether the answer means that this device may not, or no longer, read the delivery. */
export function locksOut(problem: Problem): boolean {
  return problem.status === 403 || (problem.status === 404 && problem.kind !== 'not-on-chain-yet');
}
