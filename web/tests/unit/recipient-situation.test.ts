/** What is asked of the recipient, for what was reported and rated. */

import { expect, test } from '@playwright/test';
import { bitOf, ISSUES } from '../../src/core/vocabulary.ts';
import { EMPTY_DRAFT } from '../../src/device/records.ts';
import {
  aboutOf,
  answered,
  chipsFor,
  driversOf,
  fixed,
  namedMeanwhile,
  questionsFor,
  reportOf,
  reportsOf,
  saysSomething,
  situationOf,
} from '../../src/recipient/situation.ts';
import type { OutcomeName } from '../../src/service/models.ts';
import { delivery, report } from './support/deliveries.ts';

const PROMISED = Date.parse('2026-11-24T18:00:00Z');
const HOUR = 3_600_000;

test('bits are the ledger’s', () => {
  expect(ISSUES.map((issue) => bitOf(issue))).toEqual([...Array(11).keys()].map((bit) => 2 ** bit));
});

for (const overall of [0, 1, 2, 3, 4, 5])
  for (const late of [false, true])
    test(`all eleven issues can be reached with ${overall} stars${late ? ', late' : ''}`, () => {
      const now = late ? PROMISED + HOUR : PROMISED - HOUR;
      const situation = situationOf(delivery(), [], now);
      const { shown, folded } = chipsFor(overall, situation, 0);
      expect([...shown, ...folded].toSorted()).toEqual([...ISSUES].toSorted());
    });

test('few stars show more issues; many stars only what is suggested or chosen', () => {
  const situation = situationOf(
    delivery({ outcome: 'delivered' }),
    [report('delivered', PROMISED - HOUR)],
    PROMISED,
  );
  expect(chipsFor(1, situation, 0).shown.length).toBeGreaterThan(chipsFor(3, situation, 0).shown.length);
  expect(chipsFor(5, situation, 0).shown).toEqual([]);
  expect(chipsFor(5, situation, bitOf('fee_dispute')).shown).toEqual(['fee_dispute']);
});

test('arriving after the promise suggests "late", first of all', () => {
  const entries = [report('delivered', PROMISED + 2 * HOUR)];
  const situation = situationOf(delivery({ outcome: 'delivered' }), entries, PROMISED + 9 * HOUR);
  expect(situation).toMatchObject({ promise: 'late', lateByMs: 2 * HOUR });
  expect(chipsFor(5, situation, 0).shown).toEqual(['late']);
  expect(chipsFor(1, situation, 0).shown[0]).toBe('late');
});

test('a time reported more than two days before its block is not believed', () => {
  const entries = [report('delivered', PROMISED - HOUR, 1, PROMISED + 48 * HOUR)];
  const situation = situationOf(delivery({ outcome: 'delivered' }), entries, PROMISED + 50 * HOUR);
  expect(situation.promise).toBe('late');
});

test('the promise: open, passed, kept', () => {
  const at = (now: number) => situationOf(delivery(), [], now).promise;
  expect(at(PROMISED)).toBe('open');
  expect(at(PROMISED + 1)).toBe('passed');
  const kept = situationOf(
    delivery({ outcome: 'delivered' }),
    [report('delivered', PROMISED)],
    PROMISED + HOUR,
  );
  expect(kept.promise).toBe('kept');
});

for (const outcome of ['returned', 'cancelled', 'not_received'] as const)
  test(`of the promise of a delivery that was ${outcome} nothing is said, and nothing suggests that it came late`, () => {
    const situation = situationOf(delivery({ outcome }), [report(outcome, PROMISED)], PROMISED + HOUR);
    expect(situation).toMatchObject({ promise: 'void', lateByMs: 0 });
  });

test('a promise is kept or late even where the parcel went back after it came', () => {
  const after = (came: number) =>
    situationOf(
      delivery({ outcome: 'returned' }),
      [report('delivered', came), report('returned', PROMISED + 2 * HOUR)],
      PROMISED + 3 * HOUR,
    ).promise;
  expect(after(PROMISED)).toBe('kept');
  expect(after(PROMISED + HOUR)).toBe('late');
});

test('reported lost breaks the promise for good, also where the parcel was found and brought in time', () => {
  const lost = report('lost', PROMISED - 2 * HOUR);
  for (const now of [PROMISED - HOUR, PROMISED + HOUR])
    expect(situationOf(delivery({ outcome: 'lost' }), [lost], now).promise).toBe('broken');
  const found = [lost, report('delivered', PROMISED - HOUR)];
  expect(situationOf(delivery({ outcome: 'delivered' }), found, PROMISED).promise).toBe('broken');
});

test('nobody at home is asked about whenever it was reported, also after the parcel came', () => {
  const tried = report('attempted', PROMISED - 5 * HOUR);
  const after = situationOf(
    delivery({ outcome: 'delivered' }),
    [tried, report('delivered', PROMISED - HOUR)],
    PROMISED,
  );
  expect(questionsFor(5, after)).toEqual(['attempted']);
  expect(after.attempted?.at).toBe(new Date(PROMISED - 5 * HOUR).toISOString());
  expect(questionsFor(5, situationOf(delivery(), [], PROMISED))).toEqual([]);
});

test('whether it came is asked of who is not content with what was reported delivered', () => {
  const situation = situationOf(
    delivery({ outcome: 'delivered' }),
    [report('delivered', PROMISED)],
    PROMISED,
  );
  expect(questionsFor(2, situation)).toEqual(['arrived']);
  expect(questionsFor(3, situation)).toEqual([]);
});

test('an answer sets its own flag and takes back the other answers’', () => {
  const yes = answered(bitOf('late'), 'attempted', 'yes');
  expect(yes).toBe(bitOf('late') | bitOf('false_attempt'));
  expect(answered(yes, 'attempted', 'no')).toBe(bitOf('late'));
  const nothing = answered(0, 'arrived', 'nothing');
  expect(nothing).toBe(bitOf('missing'));
  expect(answered(nothing, 'arrived', 'elsewhere')).toBe(bitOf('wrong_place'));
});

const said = (outcome: OutcomeName, driver: number, hours = 0) =>
  reportsOf([report(outcome, PROMISED + hours * HOUR, driver)]);

test('it can be about the present driver, earlier ones, or nobody', () => {
  expect(driversOf(delivery(), [])).toEqual([0]);
  expect(driversOf(delivery({ driver: 7 }), [])).toEqual([7, 0]);
  expect(driversOf(delivery({ driver: 7, was_drivers: [3, 5] }), [])).toEqual([7, 5, 3, 0]);
});

test('proposed is who delivered first; else who first attempted, returned or lost it; else the present driver', () => {
  const named = delivery({ driver: 3, was_drivers: [1, 2] });
  const proposed = (...reports: ReturnType<typeof said>[]) => driversOf(named, reports.flat());
  expect(proposed(said('out_for_delivery', 1), said('out_for_delivery', 3))).toEqual([3, 2, 1, 0]);
  for (const outcome of ['attempted', 'returned', 'lost'] as const) {
    expect(proposed(said('out_for_delivery', 1), said(outcome, 2), said('attempted', 3))[0]).toBe(2);
    expect(proposed(said(outcome, 2), said('delivered', 1), said('lost', 3))[0], 'delivered').toBe(1);
  }
  const blamed = [said('delivered', 1), said('lost', 2), said('delivered', 3)];
  expect(proposed(...blamed), 'who delivered is not relabelled').toEqual([1, 3, 2, 0]);
  expect(proposed(said('delivered', 0), said('lost', 0), said('delivered', 3)), 'nobody named').toEqual([
    0, 3, 2, 1,
  ]);
  for (const outcome of ['cancelled', 'not_received'] as const)
    expect(proposed(said(outcome, 0), said('attempted', 2))[0], outcome).toBe(2);
});

test('each of several is known by the report that says most of its part', () => {
  const reports = [
    said('out_for_delivery', 1, 1),
    said('attempted', 1, 2),
    said('attempted', 2, 3),
    said('delivered', 2, 4),
    said('out_for_delivery', 3, 5),
  ].flat();
  expect([1, 2, 3].map((driver) => reportOf(driver, reports)?.outcome)).toEqual([
    'attempted',
    'delivered',
    'out_for_delivery',
  ]);
  expect(reportOf(9, reports)).toBeNull();
});

test('a parcel that arrives after it was cancelled keeps no promise; one that had arrived before does', () => {
  const cancelled = report('cancelled', PROMISED - 3 * HOUR, 0);
  const promiseOf = (arrived: number) =>
    situationOf(delivery({ outcome: 'delivered' }), [cancelled, report('delivered', arrived)], PROMISED)
      .promise;
  expect(promiseOf(PROMISED - 4 * HOUR)).toBe('kept');
  expect(promiseOf(PROMISED - 3 * HOUR)).toBe('void');
  expect(promiseOf(PROMISED + HOUR)).toBe('late');
});

test('words alone are something to send, and fix whom they are about; blanks are not', () => {
  const written = { ...EMPTY_DRAFT, comment: 'Left in the rain.' };
  expect(saysSomething(written)).toBe(true);
  expect(fixed(written, [4, 0])).toMatchObject({ driver: 4, proposed: 4 });
  for (const comment of ['', ' \n', '\u200b\u2800', '\u1160'.repeat(400)]) {
    expect(saysSomething({ ...EMPTY_DRAFT, comment })).toBe(false);
    expect(fixed({ ...EMPTY_DRAFT, comment }, [4, 0]).driver).toBeNull();
  }
});

test('the first stars fix whom it is about; a later report changes nothing by itself', () => {
  const draft = { ...EMPTY_DRAFT, overall: 1 };
  expect(fixed({ ...draft, overall: 0 }, [1, 0]).driver).toBeNull();
  const about1 = fixed(draft, [1, 0]);
  expect(namedMeanwhile(about1, [1, 0])).toBeNull();
  const later = [2, 1, 0];
  expect(aboutOf(fixed(about1, later), later)).toBe(1);
  expect(namedMeanwhile(fixed(about1, later), later)).toBe(2);
  expect(namedMeanwhile({ ...about1, proposed: 2 }, later), 'left as it is, knowingly').toBeNull();
  expect(namedMeanwhile({ ...about1, driver: 2 }, later)).toBeNull();
  const nobody = fixed(draft, [0]);
  expect(aboutOf(nobody, [2, 0])).toBe(0);
  expect(namedMeanwhile(nobody, [2, 0])).toBe(2);
  expect(namedMeanwhile(EMPTY_DRAFT, later), 'nothing was rated yet').toBeNull();
});
