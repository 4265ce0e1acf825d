/**
 * Signed feedback on its way out: each step is kept before and after it is sent, and each may be sent again.
 *
 * The order of a first feedback: key change, feedback; once the change is on chain, the read token (`holding.ts`). The
 * page and its service worker send alike; neither signs nor checks here, so that the worker needs no curve.
 */

import type { Hex } from '../core/hex.ts';
import type { Device } from '../device/device.ts';
import { alone, type Turn } from '../device/locks.ts';
import { type Delay, draftOf, type Outgoing, type Possession, type Refused } from '../device/records.ts';
import type { Client } from '../service/client.ts';
import type { Answer, Intent, Refusal } from '../service/models.ts';
import { NOT_RECORDING, Problem, Unreachable, worthRetrying } from '../service/problems.ts';
import { LEDGER_CODES } from './refusals.ts';

/**
 * Sends what waits for one delivery; false where it has to be tried again later. Where another tab or the service worker
 * is sending the same, `alone` leaves it to them, `inTurn` waits to see whether anything is left to send.
 */
export async function sendWaiting(
  device: Device,
  client: Client,
  deliveryId: Hex,
  turn: Turn = alone,
): Promise<boolean> {
  let done = true;
  await turn(deliveryId, async () => {
    if ((await device.get('outgoing', deliveryId))?.stage !== 'waiting') return;
    const possession = await device.get('possessions', deliveryId);
    // Only ever together with feedback: a recipient who dropped theirs takes nothing over.
    if (possession?.stage === 'made') done = await sendKeyChange(device, client, possession);
    const outgoing = await device.get('outgoing', deliveryId);
    if (done && outgoing?.stage === 'waiting') done = await sendFeedback(device, client, outgoing);
  });
  return done;
}

export interface SendAll {
  /** A delivery whose page sends for itself. */
  readonly except?: Hex;
  readonly turn?: Turn;
  /** Called after each delivery that something was to be sent for. */
  readonly after?: (deliveryId: Hex) => void;
}

/** Sends all that waits for this service; what fails keeps nothing else back. False where something has to be tried again. */
export async function sendAll(device: Device, client: Client, how: SendAll = {}): Promise<boolean> {
  let done = true;
  for (const { deliveryId, stage, origin } of await device.all('outgoing')) {
    if (stage !== 'waiting' || origin !== client.origin || deliveryId === how.except) continue;
    const sent = await sendWaiting(device, client, deliveryId, how.turn).catch(() => false);
    if (!sent) done = false;
    how.after?.(deliveryId);
  }
  return done;
}

async function sendKeyChange(device: Device, client: Client, possession: Possession): Promise<boolean> {
  const { deliveryId, key, signature } = possession;
  const answer = await post(client, '/v1/key-changes', {
    delivery_id: deliveryId,
    new_key: key,
    signature,
  });
  if (typeof answer === 'string') {
    await device.change('outgoing', deliveryId, (now) =>
      now?.stage === 'waiting' ? { ...now, delay: answer } : null,
    );
    return false;
  }
  if ('code' in answer) {
    // A bad signature alone does not tell: whoever reads the delivery next sees whether it was taken over.
    const refused = answer.code === 'key-already-changed' ? { ...answer, code: 'taken-over' } : answer;
    const outgoing = await device.get('outgoing', deliveryId);
    if (outgoing !== undefined)
      await device.change(
        'outgoing',
        deliveryId,
        (now) => (now?.digest === outgoing.digest ? { ...now, stage: 'refused', refused } : null),
        ['drafts', { deliveryId, draft: draftOf(outgoing) }],
      );
    await device.remove('possessions', deliveryId);
    return true;
  }
  await device.change('possessions', deliveryId, (now) =>
    now?.stage === 'made' ? { ...now, stage: 'accepted' } : null,
  );
  return true;
}

async function sendFeedback(device: Device, client: Client, outgoing: Outgoing): Promise<boolean> {
  // Dropped or changed in a tab at any time, also while it is on its way: that tab decides.
  const keep = (part: (now: Outgoing) => Partial<Outgoing>) =>
    device.change('outgoing', outgoing.deliveryId, (now) =>
      now?.digest === outgoing.digest && now.stage === 'waiting' ? { ...now, ...part(now) } : null,
    );
  if (!(await keep((now) => ({ tries: now.tries + 1 })))) return true;
  const answer = await post(client, '/v1/feedback', outgoing.feedback);
  if (typeof answer === 'string') {
    await keep(() => ({ delay: answer }));
    return false;
  }
  if ('code' in answer) await keep(() => ({ stage: 'refused', refused: answer }));
  else
    await keep(() => ({
      stage: 'accepted',
      delay: null,
      intent: answer.intent ?? null,
      receipt: answer.receipt ?? null,
    }));
  return true;
}

/** Returns the answer, the refusal where sending it again would not help, or why it is to be sent again. */
async function post(client: Client, path: string, body: unknown): Promise<Answer | Refused | Delay> {
  try {
    return await client.send<Answer>('POST', path, body);
  } catch (error) {
    if (error instanceof Unreachable) return 'unreachable';
    if (!(error instanceof Problem)) throw error;
    if (error.retryable) return error.kind === NOT_RECORDING ? 'stopped' : 'failing';
    const refusal = error.body.refusal as Refusal | undefined;
    if (refusal?.curable) return 'failing';
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
  const became = outcomeOf(intent);
  if (became === null) return false;
  return device.change('outgoing', deliveryId, (now) =>
    now?.digest === outgoing.digest && now.stage === 'accepted' ? { ...now, ...became } : null,
  );
}

function outcomeOf(intent: Intent): Partial<Outgoing> | null {
  if (intent.state === 'recorded' && intent.on_chain !== null)
    return { stage: 'recorded', block: intent.on_chain.block };
  if (intent.state !== 'rejected' && intent.state !== 'set_aside') return null;
  const code = intent.state === 'set_aside' ? 'set-aside' : (LEDGER_CODES[intent.reason ?? 0] ?? 'rejected');
  return { stage: 'refused', refused: { code, detail: intent.detail ?? '' } };
}
