/** An answer that refuses nothing is "not yet", whoever gives it: every 5xx, and what asks to wait. Over all statuses. */

import { expect, test } from '@playwright/test';
import type { Hex } from '../../src/core/hex.ts';
import { Memory } from '../../src/device/memory.ts';
import type { Possession } from '../../src/device/records.ts';
import { locksOut } from '../../src/recipient/forgetting.ts';
import { bringSeed, moveReadToken } from '../../src/recipient/holding.ts';
import { keyOf } from '../../src/recipient/making.ts';
import { readAsHolder } from '../../src/recipient/reading.ts';
import { sendWaiting, settle } from '../../src/recipient/sending.ts';
import { Client } from '../../src/service/client.ts';
import { Problem, worthRetrying } from '../../src/service/problems.ts';
import { follow, type StreamState } from '../../src/service/stream.ts';
import { delivery, ID, ledger, outgoing } from './support/deliveries.ts';

const STATUSES = Array.from({ length: 200 }, (_, n) => 400 + n);
const ASKS_TO_WAIT = [408, 425, 429];
const isNotYet = (status: number) => status >= 500 || ASKS_TO_WAIT.includes(status);

const SEED = new Uint8Array(32).fill(5);
const INTENT: Hex = `0x${'55'.repeat(16)}`;
const POSSESSION: Possession = {
  deliveryId: ID,
  origin: '',
  seed: SEED,
  key: keyOf(SEED, ID),
  signature: `0x${'33'.repeat(64)}`,
  stage: 'made',
};

/** The bodies that come with a status: the service's own, a proxy's page, none; and one that claims a refusal. */
const BODIES: readonly (string | null)[] = [
  JSON.stringify({ type: 'urn:doorstep:problem:any', detail: 'no' }),
  '<html>Bad Gateway</html>',
  null,
  JSON.stringify({ refusal: { code: 'rating', reason: 34, field: '', message: 'no', curable: false } }),
];

const real = globalThis.fetch;
test.afterEach(() => {
  globalThis.fetch = real;
});

function answerAll(status: number, body: string | null = null): void {
  globalThis.fetch = async () => new Response(body, { status });
}

async function holding(stage: Possession['stage']): Promise<Memory> {
  const device = new Memory();
  await device.put(['possessions', { ...POSSESSION, stage }], ['outgoing', outgoing()]);
  return device;
}

test('feedback and its key change stay on the device and are sent again', async () => {
  for (const status of STATUSES)
    for (const body of BODIES)
      for (const stage of ['made', 'accepted'] as const) {
        if (status % 50 !== 0 && BODIES[status % BODIES.length] !== body) continue; // All bodies at some, one at each.
        answerAll(status, body);
        const device = await holding(stage);
        const done = await sendWaiting(device, new Client(), ID);
        const kept = await device.get('outgoing', ID);
        const about = `${status} ${body} ${stage}`;
        expect(kept?.stage, about).toBe(isNotYet(status) ? 'waiting' : 'refused');
        expect(done, about).toBe(!isNotYet(status));
        if (!isNotYet(status)) continue;
        const possession = await device.get('possessions', ID);
        expect({ ...possession, refused: kept?.refused, delay: kept?.delay }, about).toMatchObject({
          stage,
          refused: null,
          delay: 'failing',
        });
        globalThis.fetch = async () => Response.json({ index: 0, status: 'accepted', intent: INTENT });
        expect(await sendWaiting(device, new Client(), ID), about).toBe(true);
        expect((await device.get('outgoing', ID))?.stage, about).toBe('accepted');
      }
});

test('accepted feedback stays accepted, whatever asking for it is answered', async () => {
  for (const status of STATUSES) {
    answerAll(status);
    const device = new Memory();
    await device.put(['outgoing', outgoing({ stage: 'accepted', intent: INTENT })]);
    expect(await settle(device, new Client(), ID), String(status)).toBe(false);
    expect((await device.get('outgoing', ID))?.stage, String(status)).toBe('accepted');
  }
});

test('a delivery that cannot be read now is neither unknown nor forgotten', async () => {
  for (const status of STATUSES) {
    answerAll(status);
    const link = { deliveryId: ID, secret: SEED };
    const error = await readAsHolder(new Client(), link, null, [], '').then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error, String(status)).toBeInstanceOf(Problem);
    expect(worthRetrying(error), String(status)).toBe(isNotYet(status));
    if (isNotYet(status)) expect(locksOut(error as Problem), String(status)).toBe(false);
  }
});

test('a device’s code is not called wrong where it could not be checked', async () => {
  for (const status of STATUSES) {
    answerAll(status);
    const device = new Memory();
    const brought = bringSeed(device, new Client(), ID, SEED, null);
    const name = isNotYet(status) ? 'Problem' : 'NotThisDelivery';
    await expect(brought, String(status)).rejects.toMatchObject({ name });
    expect(await device.all('seeds'), String(status)).toEqual([]);
    // Known from before, and this code's: a service that cannot tell is asked again, not taken for a refusal.
    const known = delivery({ recipient_key: POSSESSION.key, taken_over: true });
    const again = bringSeed(device, new Client(), ID, SEED, known);
    if (isNotYet(status)) await expect(again, String(status)).rejects.toMatchObject({ name });
    else expect((await again).stage, String(status)).toBe('recorded');
  }
});

test('a read token that could not be moved now is moved later', async () => {
  for (const status of STATUSES) {
    answerAll(status);
    const device = await holding('recorded');
    expect(await moveReadToken(device, new Client(), ledger(), { ...POSSESSION, stage: 'recorded' })).toBe(
      false,
    );
    expect((await device.get('possessions', ID))?.stage, String(status)).toBe('recorded');
  }
});

test('a live line is opened again, and closed for good only by a refusal', async () => {
  for (const status of STATUSES) {
    answerAll(status);
    const over = new AbortController();
    const became = new Promise<StreamState | 'closed'>((heard) =>
      follow(
        new Client(),
        {},
        {
          entry: () => {},
          state: (state) => state === 'waiting' && heard(state),
          closed: () => heard('closed'),
        },
        over.signal,
      ),
    );
    expect(await became, String(status)).toBe(isNotYet(status) ? 'waiting' : 'closed');
    over.abort();
  }
});

test('of a service that cannot record, of one that fails, and of none the words differ', async () => {
  const delayOf = async (answer: () => Response) => {
    globalThis.fetch = async () => answer();
    const device = await holding('accepted');
    expect(await sendWaiting(device, new Client(), ID)).toBe(false);
    return (await device.get('outgoing', ID))?.delay;
  };
  const problem = (kind: string) => () =>
    Response.json({ type: `urn:doorstep:problem:${kind}`, detail: 'no' }, { status: 503 });
  expect(await delayOf(problem('relay-stopped'))).toBe('stopped');
  expect(await delayOf(problem('database-unavailable'))).toBe('failing');
  const cutOff = (): Response => {
    throw new TypeError('cut off');
  };
  expect(await delayOf(cutOff)).toBe('unreachable');
});
