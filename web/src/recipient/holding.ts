/** What holding a delivery asks of the device once the service has spoken: its own read token, and receipts that hold. */

import type { Hex } from '../core/hex.ts';
import type { Device } from '../device/device.ts';
import type { Possession } from '../device/records.ts';
import type { Client } from '../service/client.ts';
import type { Ledger } from '../service/models.ts';
import { Problem, worthRetrying } from '../service/problems.ts';
import { makeReadToken, receiptHolds } from './making.ts';

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
