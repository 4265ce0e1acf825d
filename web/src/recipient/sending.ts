/**
 * Signed feedback on its way out: each step is kept before and after it is sent, and each may be sent again.
 *
 * The order of a first feedback: key change, feedback; once the change is on chain, the read token.
 */

import type { Hex } from '../core/hex.ts';
import type { Device } from '../device/device.ts';
import { alone } from '../device/locks.ts';
import { draftOf, type Outgoing, type Possession, type Refused } from '../device/records.ts';
import type { Client } from '../service/client.ts';
import type { Answer, Intent, Ledger, Refusal } from '../service/models.ts';
import { Problem, worthRetrying } from '../service/problems.ts';
import { makeReadToken, receiptHolds } from './making.ts';

/** The contract's numbers, as the service names them when it refuses before sending. */
const CODES: Readonly<Record<number, string>> = {
  10: 'unknown-delivery',
  11: 'bad-signature',
  30: 'too-early',
  31: 'closed',
  32: 'revision',
  33: 'above-127-before-take-over',
  34: 'rating',
  35: 'issue-bits',
  36: 'driver-never-named',
  40: 'key-already-changed',
};

/** Sends what waits for one delivery; false where it has to be tried again later. Other tabs are kept from doing the same. */
export async function sendWaiting(
  device: Device,
  client: Client,
  ledger: Ledger,
  deliveryId: Hex,
): Promise<boolean> {
  let done = true;
  await alone(deliveryId, async () => {
    if ((await device.get('outgoing', deliveryId))?.stage !== 'waiting') return;
    const possession = await device.get('possessions', deliveryId);
    // Only ever together with feedback: a recipient who dropped theirs takes nothing over.
    if (possession?.stage === 'made') done = await sendKeyChange(device, client, possession);
    const outgoing = await device.get('outgoing', deliveryId);
    if (done && outgoing?.stage === 'waiting') done = await sendFeedback(device, client, ledger, outgoing);
  });
  return done;
}

/** Sends what waits for other deliveries of this service, whose pages are not open. */
export async function sendOthers(
  device: Device,
  client: Client,
  ledger: Ledger,
  deliveryId: Hex,
  origin: string,
): Promise<void> {
  for (const other of await device.all('outgoing'))
    if (other.stage === 'waiting' && other.deliveryId !== deliveryId && other.origin === origin)
      await sendWaiting(device, client, ledger, other.deliveryId);
}

async function sendKeyChange(device: Device, client: Client, possession: Possession): Promise<boolean> {
  const { deliveryId, key, signature } = possession;
  const answer = await post(client, '/v1/key-changes', {
    delivery_id: deliveryId,
    new_key: key,
    signature,
  });
  if (answer === null) return false;
  if ('code' in answer) {
    const outgoing = await device.get('outgoing', deliveryId);
    // A bad signature alone does not tell: whoever reads the delivery next sees whether it was taken over.
    const refused = answer.code === 'key-already-changed' ? { ...answer, code: 'taken-over' } : answer;
    if (outgoing !== undefined)
      await device.put(
        ['outgoing', { ...outgoing, stage: 'refused', refused }],
        ['drafts', { deliveryId, draft: draftOf(outgoing) }],
      );
    await device.remove('possessions', deliveryId);
    return true;
  }
  await device.put(['possessions', { ...possession, stage: 'accepted' }]);
  return true;
}

async function sendFeedback(
  device: Device,
  client: Client,
  ledger: Ledger,
  outgoing: Outgoing,
): Promise<boolean> {
  await device.put(['outgoing', { ...outgoing, tries: outgoing.tries + 1 }]);
  const answer = await post(client, '/v1/feedback', outgoing.feedback);
  const now = await device.get('outgoing', outgoing.deliveryId);
  // Dropped or changed in another tab while it was on its way: that one decides.
  if (now?.digest !== outgoing.digest) return true;
  if (answer === null) return false;
  if ('code' in answer) {
    await device.put(['outgoing', { ...now, stage: 'refused', refused: answer }]);
    return true;
  }
  const receipt = answer.receipt ?? null;
  await device.put([
    'outgoing',
    {
      ...now,
      stage: 'accepted',
      intent: answer.intent ?? null,
      receipt,
      receiptHolds:
        receipt === null ? null : receiptHolds(ledger.domain, ledger.relay, receipt, outgoing.digest),
    },
  ]);
  return true;
}

/** Returns the answer, the refusal where sending it again would not help, or null where it may. */
async function post(client: Client, path: string, body: unknown): Promise<Answer | Refused | null> {
  try {
    return await client.send<Answer>('POST', path, body);
  } catch (error) {
    if (worthRetrying(error)) return null;
    if (!(error instanceof Problem)) throw error;
    const refusal = error.body.refusal as Refusal | undefined;
    if (refusal?.curable) return null;
    return { code: refusal?.code ?? error.kind, detail: refusal?.message ?? error.detail };
  }
}

/** Asks what became of accepted feedback and keeps it; true where something changed. */
export async function settle(device: Device, client: Client, deliveryId: Hex): Promise<boolean> {
  const outgoing = await device.get('outgoing', deliveryId);
  if (outgoing?.stage !== 'accepted' || outgoing.intent === null) return false;
  let intent: Intent;
  try {
    intent = await client.get<Intent>(`/v1/intents/${outgoing.intent}`);
  } catch (error) {
    if (worthRetrying(error) || error instanceof Problem) return false;
    throw error;
  }
  if (intent.state === 'recorded' && intent.on_chain !== null) {
    await device.put(['outgoing', { ...outgoing, stage: 'recorded', block: intent.on_chain.block }]);
    return true;
  }
  if (intent.state === 'rejected' || intent.state === 'set_aside') {
    const code = intent.state === 'set_aside' ? 'set-aside' : (CODES[intent.reason ?? 0] ?? 'rejected');
    const refused: Refused = { code, detail: intent.detail ?? '' };
    await device.put(['outgoing', { ...outgoing, stage: 'refused', refused }]);
    return true;
  }
  return false;
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
