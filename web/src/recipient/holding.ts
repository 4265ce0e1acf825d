/** Holding a delivery: with which seed, reading with a token of one's own, and the receipts for what was sent. */

import { type Hex, toBase64Url } from '../core/hex.ts';
import { readToken } from '../core/links.ts';
import type { Device } from '../device/device.ts';
import type { Possession } from '../device/records.ts';
import type { Client } from '../service/client.ts';
import type { Delivery, Ledger } from '../service/models.ts';
import { Problem, worthRetrying } from '../service/problems.ts';
import { keyOf, makeReadToken, receiptHolds } from './making.ts';
import { NotThisDelivery, readDelivery } from './reading.ts';

/** Finds the seed that holds a delivery, where it came here by another delivery's code; null where none does. */
export async function findSeed(
  device: Device,
  delivery: Delivery,
  origin: string,
): Promise<Possession | null> {
  const { delivery_id: deliveryId, recipient_key } = delivery;
  for (const { seed } of await device.all('seeds')) {
    const key = keyOf(seed, deliveryId);
    if (key === recipient_key.toLowerCase())
      return { deliveryId, origin, seed, key, signature: null, stage: 'recorded' };
  }
  return null;
}

/**
 * Keeps another device's seed if it is the one that holds the delivery, which is `known` where it was read already.
 * Throws NotThisDelivery, Unreachable, or a Problem of the service's own.
 */
export async function bringSeed(
  device: Device,
  client: Client,
  deliveryId: Hex,
  seed: Uint8Array,
  known: Delivery | null,
): Promise<Possession> {
  const key = keyOf(seed, deliveryId);
  const reader = client.with({ readToken: readToken(seed, deliveryId) });
  const readable = await readDelivery(reader, deliveryId).catch((error: unknown) => {
    if (error instanceof Problem && !error.retryable) return null;
    throw error;
  });
  const held = readable?.delivery ?? known;
  if (held?.recipient_key.toLowerCase() !== key) throw new NotThisDelivery();
  const stage = readable === null ? 'recorded' : 'moved';
  const possession: Possession = { deliveryId, origin: client.origin, seed, key, signature: null, stage };
  await device.put(
    ['seeds', { id: toBase64Url(seed), seed, made: 'imported', at: Date.now() }],
    ['possessions', possession],
  );
  return possession;
}

/** Moves the read token to this device once its key is on chain; true once it is moved. */
export async function moveReadToken(
  device: Device,
  client: Client,
  ledger: Ledger,
  possession: Possession,
): Promise<boolean> {
  const { deliveryId, seed } = possession;
  try {
    await client.send(
      'PUT',
      `/v1/deliveries/${deliveryId}/read-token`,
      makeReadToken(ledger.domain, seed, deliveryId),
    );
  } catch (error) {
    if (worthRetrying(error) || error instanceof Problem) return false;
    throw error;
  }
  await device.put(['possessions', { ...possession, stage: 'moved' }]);
  return true;
}

/** Checks a receipt that came while sending, in this tab or without any, and keeps whether it holds. */
export async function checkReceipt(device: Device, ledger: Ledger, deliveryId: Hex): Promise<void> {
  const sent = await device.get('outgoing', deliveryId);
  if (sent === undefined || sent.receipt === null || sent.receiptHolds !== null) return;
  const holds = receiptHolds(ledger.domain, ledger.relay, sent.receipt, sent.digest);
  await device.change('outgoing', deliveryId, (now) =>
    now?.digest === sent.digest ? { ...now, receiptHolds: holds } : null,
  );
}
