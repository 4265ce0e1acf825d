/** The dashboard's own arithmetic: rows, sparklines, issues, marks, instants, addresses, sentences. */

import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { sentenceOf } from '../../src/dashboard/entries.ts';
import { issuesNamed, issuesPerThousand } from '../../src/dashboard/figures.ts';
import { asOfOf, fromField, toField } from '../../src/dashboard/instant.ts';
import { commentOf, issueCounts, voices } from '../../src/dashboard/issues.ts';
import { link, placeOf } from '../../src/dashboard/routes.ts';
import { filtered, filterOf, orderOf, orderText, pressed, sorted } from '../../src/dashboard/rows.ts';
import { isNew, isSerious, merged, parseMark, unseen } from '../../src/dashboard/serious.ts';
import { along, points, runs } from '../../src/dashboard/spark.ts';
import type {
  DriverRow,
  Entry,
  FeedbackEntry,
  FeedbackItem,
  Reputation,
  Standing,
} from '../../src/service/models.ts';

const WORDS = `0x${'77'.repeat(32)}`;

function reputation(standing: Standing, mean: number, count: number, counts = {}): Reputation {
  const figure = { low: mean - 1, mean, high: mean + 1, count, n: Math.round(count / 1000) };
  const figures = { overall: figure, promise_kept: figure, response: figure, conduct: figure };
  return {
    policy: 1,
    as_of: '2026-11-22T00:00:00Z',
    day: '2026-11-22',
    block: null,
    standing,
    reasons: [],
    figures,
    variants: {},
    counts,
    shares: {},
    largest_shipper: null,
  };
}

function row(driver: number, standing: Standing | null, mean = 4_000_000, count = 12_000): DriverRow {
  return {
    driver,
    carrier: 2,
    has_key: false,
    reputation: standing === null ? null : reputation(standing, mean, count),
  };
}

const numbers = (rows: readonly DriverRow[]) => rows.map((one) => one.driver);

const ROWS = [
  row(1, 'recognised', 4_600_000),
  row(2, 'insufficient', 4_900_000, 3_000),
  row(3, 'investigate', 2_600_000),
  row(4, 'good', 4_100_000, 30_000),
  row(5, null),
];

test('whoever needs a look comes first, and too few ratings put nobody on top or at the bottom', () => {
  expect(numbers(sorted(ROWS, { column: 'standing', direction: 'ascending' }))).toEqual([3, 4, 1, 2, 5]);
  expect(numbers(sorted(ROWS, { column: 'overall', direction: 'ascending' }))).toEqual([3, 4, 1, 2, 5]);
  expect(numbers(sorted(ROWS, { column: 'overall', direction: 'descending' }))).toEqual([1, 4, 3, 2, 5]);
  expect(numbers(sorted(ROWS, { column: 'count', direction: 'descending' }))).toEqual([4, 1, 3, 2, 5]);
  expect(numbers(sorted(ROWS, { column: 'driver', direction: 'descending' }))).toEqual([5, 4, 3, 2, 1]);
});

test('rows are filtered by standing, number and effective count together', () => {
  const filter = { standing: null, least: 0, number: '' };
  expect(numbers(filtered(ROWS, filter))).toEqual([1, 2, 3, 4, 5]);
  expect(numbers(filtered(ROWS, { ...filter, standing: 'good' }))).toEqual([4]);
  expect(numbers(filtered(ROWS, { ...filter, least: 12 }))).toEqual([1, 3, 4]);
  expect(
    numbers(filtered([row(12, 'good'), row(21, 'good'), row(3, 'good')], { ...filter, number: '2' })),
  ).toEqual([12, 21]);
  expect(filterOf({ standing: 'worst', least: '-3', number: '1e3' })).toEqual(filter);
});

test('order goes into a link and comes back; a column is turned round by a second press', () => {
  for (const text of ['-overall', 'issues', '-standing']) expect(orderText(orderOf(text))).toBe(text);
  expect(orderText(orderOf('nonsense'))).toBe('');
  const first = pressed(orderOf(undefined), 'overall');
  expect(first).toEqual({ column: 'overall', direction: 'descending' });
  expect(pressed(first, 'overall').direction).toBe('ascending');
});

test('a sparkline is parted where nobody rated, and lies between one and five stars', () => {
  const week = (n: number, mean: number | null) => ({ from: '2026-11-16', n, mean });
  const found = runs([week(2, 5_000_000), week(0, null), week(1, 3_000_000), week(4, 1_000_000)], 90, 20);
  expect(found).toEqual([
    [{ x: 0, y: 0 }],
    [
      { x: 60, y: 10 },
      { x: 90, y: 20 },
    ],
  ]);
  expect(points(found[1] ?? [])).toBe('60,10 90,20');
  expect(runs([week(1, 4_000_000)], 90, 20)).toEqual([[{ x: 45, y: 5 }]]);
  expect(runs([], 90, 20)).toEqual([]);
  expect(along(4_000_000, 100)).toBe(75);
  expect(along(250_000, 100, 0, 1)).toBe(25);
  expect(along(9_000_000, 100)).toBe(100);
});

test('issues are counted from the window, most often first', () => {
  const found = reputation('good', 4_000_000, 12_000, { feedback: 8, issue_0: 2, issue_8: 5, issue_3: 0 });
  expect(issueCounts(found)).toEqual([
    { name: 'false_attempt', count: 5 },
    { name: 'late', count: 2 },
  ]);
  expect(issuesNamed(found)).toBe(7);
  expect(issuesPerThousand(found)).toBe(875);
  expect(issuesPerThousand(reputation('insufficient', 0, 0))).toBeNull();
});

function item(more: Partial<FeedbackItem>): FeedbackItem {
  const none = { timeliness: 0, packaging: 0, professionalism: 0, accuracy: 0, issues: [], issue_bits: 0 };
  return { driver: 3, overall: 0, ...none, content_hash: `0x${'00'.repeat(32)}`, revision: 1, ...more };
}

function entry(block: number, log_index: number, more: Partial<FeedbackEntry> = {}): FeedbackEntry {
  return {
    block,
    log_index,
    time: '2026-11-22T18:07:39Z',
    tx_hash: '0x01',
    kind: 'feedback',
    delivery_id: '0xaa',
    shipper: 1,
    carrier: 2,
    driver: 3,
    writer: '0x03',
    former_driver: false,
    item: item({ overall: 1 }) as unknown as Record<string, unknown>,
    word: '0x00',
    head_of: { driver: 3 },
    head: '0x00',
    document: null,
    serious: true,
    superseded: false,
    withdrawn: false,
    ...more,
  };
}

test('serious is one or two stars, or an issue that cannot wait', () => {
  expect([0, 1, 2, 3, 4, 5].map((overall) => isSerious(item({ overall })))).toEqual([
    false,
    true,
    true,
    false,
    false,
    false,
  ]);
  const bits = Array.from({ length: 11 }, (_, bit) => bit).filter((bit) =>
    isSerious(item({ overall: 5, issue_bits: 1 << bit })),
  );
  expect(bits).toEqual([2, 3, 5, 6, 8, 9]);
});

test('the inbox holds each entry once, newest first, and knows what is new', () => {
  const known = [entry(9, 1), entry(7, 0)];
  const all = merged(known, [entry(9, 2), entry(7, 0, { superseded: true })]);
  expect(all.map((one) => `${one.block}/${one.log_index}`)).toEqual(['9/2', '9/1', '7/0']);
  expect(all[2]?.superseded).toBe(true);
  expect(unseen(all, null)).toBe(2);
  expect(unseen(all, { block: 9, log_index: 1 })).toBe(1);
  expect(isNew(entry(10, 0, { superseded: true }), null)).toBe(false);
  expect(parseMark('9/1')).toEqual({ block: 9, log_index: 1 });
  expect(parseMark('<b>')).toBeNull();
});

test('revisions of one voice fold under the newest; an other driver is another voice', () => {
  const found = voices([entry(3, 0), entry(8, 0), entry(5, 0), entry(6, 0, { driver: 4 })]);
  expect(found.map((voice) => voice.newest.block)).toEqual([8, 6]);
  expect(found[0]?.earlier.map((one) => one.block)).toEqual([5, 3]);
});

test('a comment is text, erased, not given, or not shown', () => {
  const given = { content_hash: `0x${'ab'.repeat(32)}` };
  const none = { content_hash: `0x${'00'.repeat(32)}` };
  const stored = { content: { comment: 'wet' }, salt: null, erased: false };
  expect(commentOf({ item: given, document: stored })).toEqual({ kind: 'text', text: 'wet' });
  const erased = { content: null, salt: null, erased: true };
  expect(commentOf({ item: given, document: erased })).toEqual({ kind: 'erased' });
  expect(commentOf({ item: given, document: null })).toEqual({ kind: 'hidden' });
  expect(commentOf({ item: none, document: null })).toEqual({ kind: 'none' });
});

test('instants pass through a date-time field to the minute', () => {
  expect(fromField(toField('2026-11-22T18:07:00Z'))).toBe('2026-11-22T18:07:00Z');
  expect(toField('nonsense')).toBe('');
  expect(fromField('')).toBeNull();
  expect(asOfOf({ as_of: '2026-11-22T18:07:00+01:00' })).toBe('2026-11-22T18:07:00+01:00');
  expect(asOfOf({ as_of: '2026-11-22T18:07' })).toBeNull();
});

test('paths name places, and links name paths', () => {
  const id = `0x${'aB'.repeat(32)}`;
  expect(placeOf('/dashboard', '', 'inbox').view).toBe('inbox');
  expect(placeOf('/dashboard/drivers/3', '?as_of=x')).toEqual({
    view: 'driver',
    driver: 3,
    query: { as_of: 'x' },
  });
  expect(placeOf(`/dashboard/deliveries/${id}`, '')).toMatchObject({ delivery: id.toLowerCase() });
  for (const path of [
    '/dashboard/drivers/0',
    '/dashboard/x',
    '/dashboard/inbox/3',
    '/dashboard/deliveries/0x1',
  ])
    expect(placeOf(path, '').view).toBe('unknown');
  expect(link('drivers', 3, { as_of: null, sort: '' })).toBe('/dashboard/drivers/3');
  expect(link('inbox', null, { driver: 3 })).toBe('/dashboard/inbox?driver=3');
});

test('every entry has a sentence, and every sentence a message', () => {
  const messages = JSON.parse(
    readFileSync(new URL('../../src/dashboard/messages/en.json', import.meta.url), 'utf8'),
  ) as Record<string, unknown>;
  const naming = { member: String, driver: String, time: String };
  const outcomes = [
    'out_for_delivery',
    'attempted',
    'delivered',
    'returned',
    'lost',
    'cancelled',
    'not_received',
  ];
  const entries: Partial<Entry>[] = [
    { kind: 'opening', item: { promised_by: '2026-11-22T00:00:00Z' } },
    ...outcomes.flatMap((outcome) =>
      [0, 3].map((driver): Partial<Entry> => ({ kind: 'report', driver, item: { outcome } })),
    ),
    ...[
      item({ overall: 4 }),
      item({}),
      item({ timeliness: 2 }),
      item({ content_hash: WORDS as FeedbackItem['content_hash'] }),
    ].map((one): Partial<Entry> => ({ kind: 'feedback', item: one as unknown as Record<string, unknown> })),
    { kind: 'key_change', item: {} },
    ...[1, 2, 9].map((note_kind): Partial<Entry> => ({ kind: 'note', item: { note_kind } })),
    { kind: 'driver_move', item: { from_carrier: 2, to_carrier: 3 } },
  ];
  for (const one of entries) {
    const { key } = sentenceOf({ ...entry(1, 1), ...one } as Entry, naming);
    expect(messages, key).toHaveProperty([key]);
  }
});
