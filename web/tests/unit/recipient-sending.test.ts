/** What waits goes out once and in order, whatever is cut off in between; receipts are held to the relay's key. */

import { expect, test } from '@playwright/test';
import { digest, type SigningDomain } from '../../src/core/digests.ts';
import type { Hex } from '../../src/core/hex.ts';
import { signingKey } from '../../src/core/links.ts';
import { addressOf, sign, signerOf } from '../../src/core/signing.ts';
import type { Lack, Write } from '../../src/device/device.ts';
import { inTurn } from '../../src/device/locks.ts';
import { Memory } from '../../src/device/memory.ts';
import { EMPTY_DRAFT, type Holder, type Outgoing, type Possession } from '../../src/device/records.ts';
import { notTakenOver } from '../../src/recipient/flow.ts';
import { checkReceipt } from '../../src/recipient/holding.ts';
import { keyOf, makeFeedback, makeReadToken, receiptHolds } from '../../src/recipient/making.ts';
import { refusalOf } from '../../src/recipient/refusals.ts';
import { sendAll, sendWaiting, settle } from '../../src/recipient/sending.ts';
import { StillOnItsWay, sign as submit, type Wish } from '../../src/recipient/submitting.ts';
import { Client } from '../../src/service/client.ts';
import { delivery, ID, ledger, outgoing, snapshot } from './support/deliveries.ts';

const SECRET = new Uint8Array(32).fill(7);
const RELAY = new Uint8Array(32).fill(9);
const INTENT: Hex = `0x${'55'.repeat(16)}`;
const RECORD_BY = '2026-11-24T19:00:00Z';
const LEDGER = ledger({ relay: addressOf(RELAY) });

interface Call {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/** Answers in the service's place, at fetch: the calls it got, and what it says to the next ones. */
class Service {
  readonly calls: Call[] = [];
  readonly next: ((call: Call) => Response | null)[] = [];
  #fetch = globalThis.fetch;

  start(): void {
    globalThis.fetch = async (input, init) => {
      const call = { path: String(input), body: JSON.parse(String(init?.body ?? '{}')) };
      this.calls.push(call);
      const answer = this.next.shift()?.(call);
      if (answer === null) throw new TypeError('cut off');
      return answer ?? accepted(call);
    };
  }

  stop(): void {
    globalThis.fetch = this.#fetch;
  }
}

function receiptOf(sent: Hex, key = RELAY) {
  const recordBy = Date.parse(RECORD_BY) / 1000;
  const signed = digest(LEDGER.domain, 'Receipt', { feedbackDigest: sent, recordBy });
  return { feedback_digest: sent, record_by: RECORD_BY, relay: addressOf(key), signature: sign(signed, key) };
}

function digestOf(body: Record<string, unknown>): Hex {
  const { delivery_id: deliveryId, content_hash: contentHash, ...rest } = body as Record<string, string>;
  return digest(LEDGER.domain, 'Feedback', { ...rest, deliveryId, contentHash } as Record<string, string>);
}

function accepted({ path, body }: Call): Response {
  const receipt = path === '/v1/feedback' ? { receipt: receiptOf(digestOf(body)) } : {};
  return Response.json({ index: 0, status: 'accepted', intent: INTENT, ...receipt }, { status: 202 });
}

function refused(code: string, curable = false): () => Response {
  const refusal = { code, reason: null, field: '', message: 'no', curable };
  return () => Response.json({ type: 'urn:doorstep:refused', detail: 'no', refusal }, { status: 422 });
}

async function signed(
  device = new Lasting(),
  part: Partial<Parameters<typeof snapshot>[0]> = {},
  wished: Partial<Wish> = {},
) {
  const seen = snapshot({ ledger: LEDGER, delivery: delivery({ feedback_open: true }), ...part });
  const draft = { ...EMPTY_DRAFT, overall: 4, comment: 'Fine.' };
  const wish = { draft, driver: 1, language: 'en', revision: 1, replaces: null, ...wished };
  const made = await submit(device, { deliveryId: ID, secret: SECRET }, '', seen, wish);
  return { device, ...made };
}

/** Memory that counts as lasting, so that a take-over is made. */
class Lasting extends Memory {
  constructor() {
    super(null);
  }
}

const service = new Service();
test.beforeEach(() => {
  service.calls.length = 0;
  service.next.length = 0;
  service.start();
});
test.afterEach(() => service.stop());

const stageOf = async (device: Memory): Promise<Outgoing | undefined> => device.get('outgoing', ID);

test('the key change goes before the feedback, each signed by whose it is', async () => {
  const { device, possession, outgoing: sent } = await signed();
  expect(await sendWaiting(device, new Client(), ID)).toBe(true);
  expect(service.calls.map((one) => one.path)).toEqual(['/v1/key-changes', '/v1/feedback']);
  const [change, feedback] = service.calls.map((one) => one.body) as [
    Record<string, Hex>,
    Record<string, Hex>,
  ];
  const hashed = digest(LEDGER.domain, 'KeyChange', { deliveryId: ID, newKey: change.new_key as Hex });
  expect(signerOf(hashed, change.signature as Hex)).toBe(addressOf(signingKey(SECRET, ID)));
  expect(change.new_key).toBe(keyOf(possession?.seed as Uint8Array, ID));
  expect(signerOf(sent.digest, feedback.signature as Hex)).toBe(change.new_key);
  expect(feedback.content).toEqual({ comment: 'Fine.', lang: 'en' });
  expect(await stageOf(device)).toMatchObject({ stage: 'accepted', intent: INTENT, receiptHolds: null });
});

test('a receipt, whoever sent for it, is checked once by a page and the finding kept', async () => {
  for (const [key, holds] of [
    [RELAY, true],
    [SECRET, false],
  ] as const) {
    const { device } = await signed();
    service.next.push(accepted, (call) => {
      const receipt = receiptOf(digestOf(call.body), key);
      return Response.json({ index: 0, status: 'accepted', intent: INTENT, receipt }, { status: 202 });
    });
    await checkReceipt(device, LEDGER, ID);
    expect((await stageOf(device))?.receiptHolds, 'nothing to check yet').toBeNull();
    await sendAll(device, new Client());
    await checkReceipt(device, LEDGER, ID);
    expect(await stageOf(device)).toMatchObject({ stage: 'accepted', receiptHolds: holds });
    await checkReceipt(
      device,
      ledger({ relay: addressOf(RELAY), domain: { ...LEDGER.domain, chainId: 1 } }),
      ID,
    );
    expect((await stageOf(device))?.receiptHolds).toBe(holds);
  }
});

test('accepted feedback is never sent again', async () => {
  const { device } = await signed();
  for (let again = 0; again < 3; again++) await sendWaiting(device, new Client(), ID);
  expect(service.calls).toHaveLength(2);
});

test('cut off after the service took it, the very same goes out again and its duplicate counts', async () => {
  const { device } = await signed();
  service.next.push(accepted, () => null);
  expect(await sendWaiting(device, new Client(), ID)).toBe(false);
  expect(await stageOf(device)).toMatchObject({ stage: 'waiting', tries: 1 });
  service.next.push((call) => {
    const receipt = receiptOf(digestOf(call.body));
    return Response.json({ index: 0, status: 'duplicate', intent: INTENT, receipt });
  });
  expect(await sendWaiting(device, new Client(), ID)).toBe(true);
  const feedback = service.calls.filter((one) => one.path === '/v1/feedback');
  expect(feedback).toHaveLength(2);
  expect(feedback[1]?.body).toEqual(feedback[0]?.body);
  expect(service.calls.filter((one) => one.path === '/v1/key-changes')).toHaveLength(1);
  expect((await stageOf(device))?.stage).toBe('accepted');
});

test('what time cures goes on waiting; what it does not is refused with its code', async () => {
  const { device } = await signed();
  service.next.push(accepted, refused('too-early', true));
  expect(await sendWaiting(device, new Client(), ID)).toBe(false);
  expect((await stageOf(device))?.stage).toBe('waiting');
  service.next.push(refused('driver-never-named'));
  expect(await sendWaiting(device, new Client(), ID)).toBe(true);
  expect(await stageOf(device)).toMatchObject({ stage: 'refused', refused: { code: 'driver-never-named' } });
});

test('taken over by another meanwhile: no feedback goes out, the words are a draft again', async () => {
  const { device } = await signed();
  service.next.push(refused('key-already-changed'));
  await sendWaiting(device, new Client(), ID);
  expect(service.calls).toHaveLength(1);
  expect(await stageOf(device)).toMatchObject({ stage: 'refused', refused: { code: 'taken-over' } });
  expect(await device.get('possessions', ID)).toBeUndefined();
  expect((await device.get('drafts', ID))?.draft).toMatchObject({ overall: 4, comment: 'Fine.' });
});

test('a key change refused for its signature is not called another’s take-over', async () => {
  const { device } = await signed();
  service.next.push(refused('bad-signature'));
  await sendWaiting(device, new Client(), ID);
  const sent = (await stageOf(device)) as Outgoing;
  expect(sent).toMatchObject({ stage: 'refused', refused: { code: 'bad-signature' } });
  const told = (taken_over: boolean, outgoing: Outgoing, holder: Holder) =>
    refusalOf({ delivery: delivery({ taken_over }), outgoing, holder });
  expect(told(false, sent, 'link')).toBe('not-taken-over');
  expect(told(true, sent, 'device')).toBe('bad-signature');
  const another = { ...sent, refused: { code: 'taken-over', detail: '' } };
  expect(told(false, another, 'link')).toBe('taken-over');
  expect(told(true, another, 'device'), 'its code was brought here').toBe('bad-signature');
  expect(told(true, { ...sent, refused: { code: 'unheard-of', detail: '' } }, 'device')).toBe('other');
});

test('a key change that was accepted but never got on chain is sent again with what is signed again', async () => {
  const { device } = await signed();
  service.next.push(accepted, refused('bad-signature'));
  await sendWaiting(device, new Client(), ID);
  const seen = {
    delivery: delivery({ feedback_open: true }),
    outgoing: (await stageOf(device)) ?? null,
    possession: (await device.get('possessions', ID)) ?? null,
  };
  expect(seen.possession?.stage).toBe('accepted');
  expect(notTakenOver({ ...seen, delivery: delivery({ taken_over: true }) })).toBeNull();
  const again = notTakenOver(seen);
  expect(again?.stage).toBe('made');
  await device.put(['possessions', again as Possession]);
  await signed(device, { possession: again }, { replaces: seen.outgoing?.digest ?? null });
  expect(await sendWaiting(device, new Client(), ID)).toBe(true);
  const change = ['/v1/key-changes', '/v1/feedback'];
  expect(service.calls.map((one) => one.path)).toEqual([...change, ...change]);
  expect(service.calls[2]?.body).toEqual(service.calls[0]?.body);
  expect((await stageOf(device))?.stage).toBe('accepted');
});

test('a store that turns out to be full as the seed is kept: the link’s key signs, nothing is taken over', async () => {
  class Filling extends Memory {
    override lack: Lack | null = null;
    override async put(...writes: Write[]) {
      if (writes.some(([store]) => store === 'seeds')) this.lack = 'full';
      await super.put(...writes);
    }
  }
  const { possession, outgoing: sent } = await signed(new Filling() as Lasting);
  expect(possession).toBeNull();
  expect(signerOf(sent.digest, sent.feedback.signature)).toBe(addressOf(signingKey(SECRET, ID)));
});

test('what is on its way is never written over by another tab; what is recorded gives way', async () => {
  const { device, possession, outgoing: first } = await signed();
  const next = (wished: Partial<Wish>) => signed(device, { possession }, wished);
  await expect(next({}), 'waiting, signed in another tab').rejects.toThrow(StillOnItsWay);
  const { outgoing: changed } = await next({ replaces: first.digest });
  await sendWaiting(device, new Client(), ID);
  await expect(next({ revision: 2, replaces: changed.digest }), 'accepted').rejects.toThrow(StillOnItsWay);
  const kept = (await stageOf(device)) as Outgoing;
  expect(kept).toMatchObject({ digest: changed.digest, stage: 'accepted' });
  await device.put(['outgoing', { ...kept, stage: 'recorded', block: 12 }]);
  await expect(next({ revision: 1 }), 'recorded, not read back').rejects.toThrow(StillOnItsWay);
  const { outgoing: second } = await next({ revision: 2 });
  expect((await stageOf(device))?.digest).toBe(second.digest);
});

test('a take-over whose feedback was dropped does not go out', async () => {
  const { device } = await signed();
  await device.remove('outgoing', ID);
  expect(await sendWaiting(device, new Client(), ID)).toBe(true);
  expect(service.calls).toHaveLength(0);
});

test('a device that keeps nothing signs with the link’s key and takes nothing over', async () => {
  const { device, possession, outgoing: sent } = await signed(new Memory() as Lasting);
  expect(possession).toBeNull();
  await sendWaiting(device, new Client(), ID);
  expect(service.calls.map((one) => one.path)).toEqual(['/v1/feedback']);
  expect(signerOf(sent.digest, sent.feedback.signature)).toBe(addressOf(signingKey(SECRET, ID)));
});

test('what is signed is remembered as signed here, without its words', async () => {
  const { device, possession, outgoing: first } = await signed();
  const { outgoing: second } = await signed(device, { possession }, { replaces: first.digest });
  await device.remove('outgoing', ID);
  const kept = await device.all('signed');
  expect(kept.map((one) => one.digest).sort()).toEqual([first.digest, second.digest].sort());
  for (const one of kept) {
    expect(one.feedback.content_hash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(one.feedback).not.toHaveProperty('content');
    expect(one.feedback).not.toHaveProperty('salt');
  }
});

test('what waits for other deliveries of this service goes out too', async () => {
  const device = new Memory();
  const other: Hex = `0x0001${'cd'.repeat(30)}`;
  const elsewhere: Hex = `0x0001${'ef'.repeat(30)}`;
  for (const [deliveryId, origin] of [
    [ID, ''],
    [other, ''],
    [elsewhere, 'https://other.example'],
  ] as const)
    await device.put(['outgoing', outgoing({ deliveryId, origin })]);
  expect(await sendAll(device, new Client(), { except: ID })).toBe(true);
  expect(service.calls).toHaveLength(1);
  expect((await device.get('outgoing', other))?.stage).toBe('accepted');
  expect((await device.get('outgoing', elsewhere))?.stage).toBe('waiting');
});

test('one delivery that cannot be sent now keeps no other back, and is to be tried again', async () => {
  const { device } = await signed();
  const others: Hex[] = ['cd', 'ef'].map((byte): Hex => `0x0001${byte.repeat(30)}`);
  for (const deliveryId of others) await device.put(['outgoing', outgoing({ deliveryId })]);
  const after: Hex[] = [];
  const fails = (call: Call) => (call.path === '/v1/key-changes' ? null : accepted(call));
  service.next.push(fails, fails, fails);
  const sendEach = () => sendAll(device, new Client(), { turn: inTurn, after: (id) => after.push(id) });
  expect(await sendEach()).toBe(false);
  expect(after).toEqual([ID, ...others]);
  expect((await stageOf(device))?.stage).toBe('waiting');
  for (const other of others) expect((await device.get('outgoing', other))?.stage).toBe('accepted');
  expect(await sendEach()).toBe(true);
  expect((await stageOf(device))?.stage).toBe('accepted');
  expect(after).toEqual([ID, ...others, ID]);
});

test('what is signed in another tab while this one sends is not written over', async () => {
  const { device, possession, outgoing: first } = await signed();
  const newer: ReturnType<typeof signed>[] = [];
  service.next.push(accepted, (call) => {
    newer.push(signed(device, { possession }, { replaces: first.digest }));
    return accepted(call);
  });
  expect(await sendWaiting(device, new Client(), ID)).toBe(true);
  const [second] = await Promise.all(newer);
  expect(await stageOf(device)).toMatchObject({
    digest: second?.outgoing.digest,
    stage: 'waiting',
    tries: 0,
  });
});

test('an intent tells recorded and rejected; the ledger’s number becomes the service’s code', async () => {
  const device = new Memory();
  const said = {
    intent: INTENT,
    kind: 'feedback',
    delivery_id: ID,
    detail: 'no',
    accepted_at: '',
    settled_at: null,
  };
  await device.put(['outgoing', outgoing({ stage: 'accepted', intent: INTENT })]);
  service.next.push(() => Response.json({ ...said, state: 'sent', reason: null, on_chain: null }));
  expect(await settle(device, new Client(), ID)).toBe(false);
  service.next.push(() => Response.json({ ...said, state: 'rejected', reason: 32, on_chain: null }));
  expect(await settle(device, new Client(), ID)).toBe(true);
  expect(await stageOf(device)).toMatchObject({ stage: 'refused', refused: { code: 'revision' } });
  await device.put(['outgoing', outgoing({ stage: 'accepted', intent: INTENT })]);
  const place = { block: 12, tx_hash: INTENT, log_index: 0 };
  service.next.push(() => Response.json({ ...said, state: 'recorded', reason: null, on_chain: place }));
  expect(await settle(device, new Client(), ID)).toBe(true);
  expect(await stageOf(device)).toMatchObject({ stage: 'recorded', block: 12 });
});

test('a receipt holds only for its digest, by the relay’s key, unaltered', () => {
  const domain: SigningDomain = LEDGER.domain;
  const sent: Hex = `0x${'66'.repeat(32)}`;
  const receipt = receiptOf(sent);
  const relay = LEDGER.relay;
  expect(receiptHolds(domain, relay, receipt, sent)).toBe(true);
  expect(receiptHolds(domain, relay, { ...receipt, record_by: '2200-01-01T00:00:00Z' }, sent)).toBe(false);
  expect(receiptHolds(domain, relay, { ...receipt, record_by: 'soon' }, sent)).toBe(false);
  expect(receiptHolds(domain, null, receipt, sent)).toBe(false);
  expect(receiptHolds(domain, relay, receipt, `0x${'67'.repeat(32)}`)).toBe(false);
  expect(receiptHolds(domain, relay, { ...receipt, record_by: '2026-11-24T19:00:01Z' }, sent)).toBe(false);
  expect(receiptHolds(domain, relay, receiptOf(sent, SECRET), sent)).toBe(false);
  expect(receiptHolds({ ...domain, chainId: 1 }, relay, receipt, sent)).toBe(false);
});

test('no words, no hash; words get a new salt each time', () => {
  const about = { driver: 1, revision: 1, language: 'de' };
  const silent = makeFeedback(
    LEDGER.domain,
    SECRET,
    ID,
    { ...EMPTY_DRAFT, overall: 5, comment: '  ' },
    about,
  );
  expect(silent.feedback.content_hash).toBe(`0x${'00'.repeat(32)}`);
  expect(silent.feedback).not.toHaveProperty('content');
  const said = [1, 2].map(
    () =>
      makeFeedback(LEDGER.domain, SECRET, ID, { ...EMPTY_DRAFT, overall: 5, comment: 'Ja.' }, about).feedback,
  );
  expect(said[0]?.salt).not.toBe(said[1]?.salt);
  expect(said[0]?.content_hash).not.toBe(said[1]?.content_hash);
});

test('the read token is moved by the device’s own key', () => {
  const body = makeReadToken(LEDGER.domain, SECRET, ID);
  const hashed = digest(LEDGER.domain, 'ReadToken', { deliveryId: ID, tokenHash: body.token_hash });
  expect(signerOf(hashed, body.signature)).toBe(keyOf(SECRET, ID));
  expect(body.token_hash).toMatch(/^0x[0-9a-f]{64}$/);
});
