/** Reading a delivery as its recipient, with whichever token reads it. */

import type { Hex } from '../core/hex.ts';
import { readToken, type TrackingLink } from '../core/links.ts';
import type { Possession, Seed } from '../device/records.ts';
import type { Client } from '../service/client.ts';
import type { Delivery, DeliveryEntry } from '../service/models.ts';
import { Problem } from '../service/problems.ts';

/** The code is not of the device that holds this delivery. */
export class NotThisDelivery extends Error {
  override readonly name = 'NotThisDelivery';
}

export interface Reading {
  readonly delivery: Delivery;
  readonly entries: readonly DeliveryEntry[];
}

/** Returns the delivery and its history; throws Problem or Unreachable. */
export async function readDelivery(client: Client, deliveryId: Hex): Promise<Reading> {
  const [delivery, history] = await Promise.all([
    client.get<Delivery>(`/v1/deliveries/${deliveryId}`),
    client.get<{ entries: DeliveryEntry[] }>(`/v1/deliveries/${deliveryId}/history`),
  ]);
  return { delivery, entries: history.entries };
}

/**
 * Reads with the token most likely to be right, then the others: before a take-over the link's, afterwards that of the
 * device's seed. Throws what the service said last, a take-over before anything else.
 */
export async function readAsHolder(
  client: Client,
  link: TrackingLink,
  possession: Possession | null,
  seeds: readonly Seed[],
  origin: string,
): Promise<Reading & { token: string; possession: Possession | null }> {
  const { deliveryId } = link;
  const ofLink = readToken(link.secret, deliveryId);
  const ofDevice = possession === null ? null : readToken(possession.seed, deliveryId);
  const first = possession?.stage === 'moved' ? ofDevice : ofLink;
  const second = first === ofLink ? ofDevice : ofLink;
  let refused: Problem | null = null;
  for (const token of [first, second]) {
    if (token === null) continue;
    try {
      return { ...(await readDelivery(client.with({ readToken: token }), deliveryId)), token, possession };
    } catch (error) {
      refused = heavier(refused, error);
    }
  }
  if (refused?.kind === 'taken-over') {
    for (const { seed } of seeds) {
      const token = readToken(seed, deliveryId);
      if (token === ofDevice) continue;
      try {
        const reading = await readDelivery(client.with({ readToken: token }), deliveryId);
        const key = reading.delivery.recipient_key;
        return {
          ...reading,
          token,
          possession: { deliveryId, origin, seed, key, signature: null, stage: 'moved' },
        };
      } catch (error) {
        refused = heavier(refused, error);
      }
    }
  }
  throw refused ?? new Error('no token was tried');
}

/** Returns the refusal to tell; rethrows what is no refusal of the token. */
function heavier(before: Problem | null, error: unknown): Problem {
  if (!(error instanceof Problem) || (error.status !== 404 && error.status !== 403)) throw error;
  return before?.kind === 'taken-over' ? before : error;
}
