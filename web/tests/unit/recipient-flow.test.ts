/** Which view the recipient gets. */

import { expect, test } from '@playwright/test';
import {
  nextRevision,
  recordOf,
  shipperOf,
  strangerOf,
  viewOf,
  waitingKind,
} from '../../src/recipient/flow.ts';
import { delivery, entry, feedbackEntry, ID, outgoing, snapshot } from './support/deliveries.ts';

const PROMISED = Date.parse('2026-11-24T18:00:00Z');
const DAY = 86_400_000;
const BEFORE = PROMISED - DAY;

test('while nothing is read: what stands in the way, or that it is being read', () => {
  const nothing = { delivery: null, ledger: null };
  expect(viewOf(snapshot(nothing), BEFORE)).toBe('loading');
  expect(viewOf(snapshot({ ...nothing, obstacle: { kind: 'unknown', detail: '' } }), BEFORE)).toBe('unknown');
  expect(viewOf(snapshot({ ...nothing, obstacle: { kind: 'unreachable' } }), BEFORE)).toBe('unreachable');
  const taken = { kind: 'taken-over', at: null, block: null } as const;
  expect(viewOf(snapshot({ ...nothing, obstacle: taken }), BEFORE)).toBe('taken-over');
});

test('too early until a report opens it or the promise has passed; closed 366 days later', () => {
  expect(viewOf(snapshot(), BEFORE)).toBe('too-early');
  expect(viewOf(snapshot(), PROMISED)).toBe('too-early');
  expect(viewOf(snapshot(), PROMISED + 1)).toBe('form');
  expect(viewOf(snapshot({ delivery: delivery({ feedback_open: true }) }), BEFORE)).toBe('form');
  expect(viewOf(snapshot(), PROMISED + 366 * DAY)).toBe('form');
  expect(viewOf(snapshot(), PROMISED + 366 * DAY + 1)).toBe('closed');
});

test('what stands on record comes before the form, what is on its way before that', () => {
  const seen = { delivery: delivery({ revision: 1 }), entries: [feedbackEntry(1, 4)] };
  expect(viewOf(snapshot(seen), PROMISED + 1)).toBe('recorded');
  expect(viewOf(snapshot(seen), PROMISED + 400 * DAY)).toBe('recorded');
  for (const stage of ['waiting', 'accepted', 'refused'] as const)
    expect(viewOf(snapshot({ ...seen, outgoing: outgoing({ stage }) }), PROMISED + 1)).toBe(stage);
  expect(viewOf(snapshot({ ...seen, outgoing: outgoing({ stage: 'recorded' }) }), PROMISED + 1)).toBe(
    'recorded',
  );
});

test('on chain but not read back yet is still accepted, never a form again', () => {
  const sent = outgoing({ stage: 'recorded', block: 21 });
  expect(viewOf(snapshot({ outgoing: sent }), PROMISED + 1)).toBe('accepted');
  const amended = outgoing({ stage: 'recorded', block: 22, feedback: { ...sent.feedback, revision: 2 } });
  const before = snapshot({ outgoing: amended, entries: [feedbackEntry(1, 4)] });
  expect(viewOf(before, PROMISED + 1)).toBe('accepted');
  expect(viewOf({ ...before, entries: [feedbackEntry(1, 4), feedbackEntry(2, 4)] }, PROMISED + 1)).toBe(
    'recorded',
  );
});

test('a promise is broken only once its time has passed', () => {
  const receipt = {
    feedback_digest: outgoing().digest,
    record_by: '2026-11-24T19:00:00Z',
    relay: outgoing().digest,
    signature: outgoing().digest,
  };
  const seen = snapshot({ outgoing: outgoing({ stage: 'accepted', receipt }) });
  const due = Date.parse(receipt.record_by);
  expect(viewOf(seen, due)).toBe('accepted');
  expect(viewOf(seen, due + 1)).toBe('overdue');
});

test('somebody else’s delivery shows no form, whatever else there is', () => {
  const seen = snapshot({ holder: 'somebody-else', entries: [feedbackEntry(1, 5)], outgoing: outgoing() });
  expect(viewOf(seen, PROMISED + 1)).toBe('taken-over');
});

test('the revision follows the last recorded, or the one that was in the way', () => {
  expect(nextRevision(snapshot())).toBe(1);
  expect(nextRevision(snapshot({ delivery: delivery({ revision: 3 }) }))).toBe(4);
  const refused = { code: 'revision', detail: '' };
  const blocked = outgoing({ stage: 'refused', refused });
  expect(nextRevision(snapshot({ outgoing: blocked }))).toBe(2);
  expect(nextRevision(snapshot({ delivery: delivery({ revision: 5 }), outgoing: blocked }))).toBe(6);
});

test('outgoing feedback is known again on record by every value signed', () => {
  const sent = outgoing();
  expect(recordOf(sent, [feedbackEntry(1, 4)])?.item.revision).toBe(1);
  expect(recordOf(sent, [feedbackEntry(1, 5)])).toBeUndefined();
  expect(recordOf(sent, [feedbackEntry(2, 4)])).toBeUndefined();
});

test('a delivery’s id says whose it is', () => {
  expect(shipperOf(ID)).toBe(1);
  expect(shipperOf(`0xffff${'00'.repeat(30)}`)).toBe(65535);
});

test('what this device signed is known by every value; anything else is a stranger’s', () => {
  const { feedback } = outgoing();
  const recorded = feedbackEntry(1, 4);
  const of = (part: Parameters<typeof snapshot>[0]) =>
    strangerOf(recorded, snapshot({ entries: [recorded], ...part }));
  expect(of({ signed: [feedback] })).toBeNull();
  expect(of({ outgoing: outgoing({ stage: 'accepted' }) })).toBeNull();
  expect(of({ signed: [{ ...feedback, revision: 2 }, feedback] }), 'one of several').toBeNull();
  expect(of({})).toBe('link');
  for (const other of ['overall', 'timeliness', 'driver', 'issues', 'revision'] as const)
    expect(of({ signed: [{ ...feedback, [other]: 5 }] }), other).toBe('link');
  expect(of({ signed: [{ ...feedback, content_hash: `0x${'99'.repeat(32)}` }] })).toBe('link');
  expect(of({ lack: 'none' })).toBe('perhaps-you');
  expect(of({ lack: 'none', signed: [feedback] })).toBeNull();
});

test('before the key was changed the link signed, after it whoever has the code', () => {
  const [first, change, second] = [feedbackEntry(1, 4), entry('key_change', {}, 0), feedbackEntry(2, 4)];
  const seen = snapshot({ entries: [first, change, second], holder: 'device' });
  expect(strangerOf(first, seen)).toBe('link');
  expect(strangerOf(second, seen)).toBe('code');
});

test('what waits is being sent, unless there is no line or the service put it off', () => {
  expect(waitingKind({ online: true, outgoing: outgoing() })).toBe('sending');
  expect(waitingKind({ online: true, outgoing: outgoing({ delay: null }) })).toBe('sending');
  expect(waitingKind({ online: false, outgoing: outgoing() })).toBe('waiting');
  for (const delay of ['unreachable', 'stopped', 'failing'] as const)
    expect(waitingKind({ online: true, outgoing: outgoing({ delay }) })).toBe('waiting');
});
