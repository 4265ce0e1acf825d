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
  situationOf,
} from '../../src/recipient/situation.ts';
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

test('it can be about the present driver, earlier ones, or nobody', () => {
  expect(driversOf(delivery())).toEqual([0]);
  expect(driversOf(delivery({ driver: 7 }))).toEqual([7, 0]);
  expect(driversOf(delivery({ driver: 7, was_drivers: [3, 5] }))).toEqual([7, 5, 3, 0]);
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
