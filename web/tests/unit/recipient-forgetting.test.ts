/** Words leave the device once they are on record or erased; what cannot be read any more is not kept either. */

import { expect, test } from '@playwright/test';
import { Memory } from '../../src/device/memory.ts';
import { EMPTY_DRAFT } from '../../src/device/records.ts';
import {
  forgetDelivery,
  forgetErased,
  forgetWords,
  keepRecorded,
  locksOut,
  withoutDocuments,
  withoutWords,
} from '../../src/recipient/forgetting.ts';
import { Problem } from '../../src/service/problems.ts';
import { delivery, feedbackEntry, ID, ledger, outgoing } from './support/deliveries.ts';

const SALT = `0x${'77'.repeat(32)}` as const;
const content = { comment: 'Private words.', lang: 'en' };
const spoken = outgoing({
  stage: 'recorded',
  block: 21,
  feedback: { ...outgoing().feedback, content, salt: SALT },
});
const entries = [{ ...feedbackEntry(1, 4), document: { content, salt: SALT, erased: false } }];

test('recorded feedback loses words and salt, and nothing that proves it', () => {
  expect(withoutWords(spoken)).toEqual({ ...spoken, feedback: outgoing().feedback });
});

test('once it is read back, outgoing feedback is recorded and without its words', async () => {
  const device = new Memory();
  for (const stage of ['accepted', 'recorded'] as const) {
    await device.put(['outgoing', { ...spoken, stage, block: null }]);
    await keepRecorded(device, ID, [feedbackEntry(1, 5)]);
    expect((await device.get('outgoing', ID))?.feedback.content, 'another feedback').toEqual(content);
    await keepRecorded(device, ID, entries);
    expect(await device.get('outgoing', ID)).toEqual(withoutWords(spoken));
  }
});

test('after erasing no store holds the words or their salt', async () => {
  const device = new Memory();
  await device.put(
    ['outgoing', spoken],
    ['drafts', { deliveryId: ID, draft: { ...EMPTY_DRAFT, comment: content.comment } }],
    ['seen', { deliveryId: ID, at: 0, ledger: ledger(), delivery: delivery(), entries }],
  );
  await forgetWords(device, ID);
  const kept = JSON.stringify(
    await Promise.all((['outgoing', 'drafts', 'seen'] as const).map((store) => device.all(store))),
  );
  expect(kept).not.toContain(content.comment);
  expect(kept).not.toContain(SALT);
  expect((await device.get('seen', ID))?.entries[0]?.document?.erased).toBe(true);
});

test('feedback that was not sent yet keeps its words', async () => {
  const device = new Memory();
  await device.put(['outgoing', { ...spoken, stage: 'waiting' }]);
  await forgetWords(device, ID);
  expect((await device.get('outgoing', ID))?.feedback.content).toEqual(content);
});

const begun = { deliveryId: ID, draft: { ...EMPTY_DRAFT, comment: content.comment }, after: 1 } as const;
const seen = { deliveryId: ID, at: 0, ledger: ledger(), delivery: delivery(), entries } as const;

test('words erased on another device leave this one, once: a change begun afterwards stays', async () => {
  const device = new Memory();
  await device.put(['outgoing', spoken], ['drafts', begun], ['seen', seen]);
  expect(await forgetErased(device, ID, entries)).toBe(false);
  expect(await device.get('drafts', ID)).toEqual(begun);
  const erased = withoutDocuments(entries);
  expect(await forgetErased(device, ID, erased)).toBe(true);
  expect(await device.get('drafts', ID)).toBeUndefined();
  expect((await device.get('outgoing', ID))?.feedback.content).toBeUndefined();
  await device.put(['drafts', begun]);
  expect(await forgetErased(device, ID, erased)).toBe(false);
  expect(await device.get('drafts', ID)).toEqual(begun);
});

test('locked out, a change with the recorded words goes; a first draft stays with who wrote it', async () => {
  const device = new Memory();
  await device.put(['drafts', begun], ['seen', seen]);
  await forgetDelivery(device, ID);
  expect([await device.get('seen', ID), await device.get('drafts', ID)]).toEqual([undefined, undefined]);
  const first = { deliveryId: ID, draft: begun.draft };
  await device.put(['drafts', first]);
  await forgetDelivery(device, ID);
  expect(await device.get('drafts', ID)).toEqual(first);
});

test('taken over or unknown locks out; what is only late, or broken, does not', () => {
  const answer = (status: number, kind: string) => new Problem(status, kind, '', {}, null);
  expect(locksOut(answer(403, 'taken-over'))).toBe(true);
  expect(locksOut(answer(404, 'not-found'))).toBe(true);
  expect(locksOut(answer(404, 'not-on-chain-yet'))).toBe(false);
  expect(locksOut(answer(500, 'unexpected'))).toBe(false);
});
