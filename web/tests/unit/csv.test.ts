/** Tables as files: read back by a reader of RFC 4180, and nothing in them that a spreadsheet would run. */

import { expect, test } from '@playwright/test';
import { csv, DRIVERS_HEAD, driversCsv, FEEDBACK_HEAD, feedbackCsv } from '../../src/dashboard/csv.ts';
import type { DriverRow, FeedbackEntry, Standing } from '../../src/service/models.ts';

/** Reads RFC 4180: quoted cells may hold commas, line ends and doubled quotes. */
function read(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const found of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy)) {
    row.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

test('what is written is read back, whatever it holds', () => {
  const cells = ['plain', 'a, b', 'say "so"', 'two\r\nlines', '谢谢', ''];
  const text = csv(['a', 'b', 'c', 'd', 'e', 'f'], [cells, [1, 2.5, true, null, undefined, -3]]);
  expect(text.startsWith('\ufeff')).toBe(true);
  expect(text.endsWith('\r\n')).toBe(true);
  expect(read(text.slice(1))).toEqual([
    ['a', 'b', 'c', 'd', 'e', 'f'],
    cells,
    ['1', '2.5', 'true', '', '', '-3'],
  ]);
});

for (const text of ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\t1', '\r1', ' =1', '"=1', '＝1'])
  test(`${JSON.stringify(text)} is text to a spreadsheet`, () => {
    expect(read(csv(['a'], [[text]]).slice(1))[1]).toEqual([`'${text}`]);
  });

for (const [text, written] of [
  ["late;=cmd|' /C calc'!A0;x", "late;'=cmd|' /C calc'!A0;x"],
  ['late\n=WEBSERVICE(CHAR(104))', "late\n'=WEBSERVICE(CHAR(104))"],
  ['\t=1', "'\t'=1"],
  ['a\r\n\n +1', "a\r\n\n' +1"],
  ['a;"=1";＝1', 'a;\'"=1";\'＝1'],
  ['one; two\nthree - four', 'one; two\nthree - four'],
] as const)
  test(`${JSON.stringify(text)} is text where lists are parted by semicolons or tabs, too`, () => {
    const file = csv(['a', 'b'], [['x', text]]).slice(1);
    expect(read(file)[1]).toEqual(['x', written]);
    for (const cell of file.split(/[;\t\r\n]/)) expect(cell).not.toMatch(/^[\s"]*[=+\-@＝＋－＠]/);
  });

const figure = { low: 4_100_000, mean: 4_500_000, high: 4_900_000, count: 12_300, n: 14 };

function driver(standing: Standing): DriverRow {
  return {
    driver: 3,
    carrier: 2,
    has_key: false,
    weeks: [{ from: '2026-11-16', n: 2, mean: 4_500_000 }],
    reputation: {
      policy: 1,
      as_of: '2026-11-22T00:00:00Z',
      day: '2026-11-22',
      block: { number: 9, hash: '0x00', time: '2026-11-22T00:00:00Z' },
      standing,
      reasons: [],
      figures: { overall: figure },
      variants: {},
      counts: { feedback: 14, kept: 12, broken: 1, issue_0: 7 },
      shares: {},
      largest_shipper: null,
    },
  };
}

test('a driver’s row has every mean with its bounds and counts, and none where there are too few', () => {
  const [head, known, few] = read(driversCsv([driver('good'), driver('insufficient')]).slice(1));
  expect(head).toEqual(DRIVERS_HEAD);
  const of = (row: readonly string[] | undefined, name: string) => row?.[DRIVERS_HEAD.indexOf(name)];
  const overall = ['mean', 'low', 'high', 'effective', 'n'].map((part) => `overall_${part}`);
  expect(overall.map((name) => of(known, name))).toEqual(['4.5', '4.1', '4.9', '12.3', '14']);
  expect(overall.map((name) => of(few, name))).toEqual(['', '', '', '12.3', '14']);
  expect([of(known, 'kept'), of(known, 'kept_or_broken')]).toEqual(['12', '13']);
  expect([of(known, 'issues_per_1000'), of(known, 'issues'), of(known, 'feedbacks')]).toEqual([
    '500',
    '7',
    '14',
  ]);
  expect(known?.length).toBe(DRIVERS_HEAD.length);
  const nothing = read(driversCsv([{ driver: 4, carrier: 2, has_key: false, reputation: null }]).slice(1))[1];
  expect(nothing?.length).toBe(DRIVERS_HEAD.length);
});

test('feedback is a row each, an aspect not rated is empty, and a comment is text', () => {
  const entry = {
    ...{ block: 9, log_index: 1, time: '2026-11-22T00:00:00Z', delivery_id: '0x01', driver: 3, carrier: 2 },
    item: {
      ...{ overall: 1, timeliness: 0, packaging: 2, professionalism: 0, accuracy: 0, revision: 2 },
      ...{ issues: ['late', 'unsafe_drop'], content_hash: `0x${'1'.repeat(64)}` },
    },
    ...{ document: { content: { comment: '=cmd|x' }, salt: null, erased: false } },
    ...{ serious: true, superseded: false, withdrawn: false },
  } as unknown as FeedbackEntry;
  const [head, row] = read(feedbackCsv([entry]).slice(1));
  expect(head).toEqual(FEEDBACK_HEAD);
  const of = (name: string) => row?.[FEEDBACK_HEAD.indexOf(name)];
  expect([of('overall'), of('timeliness'), of('packaging'), of('revision')]).toEqual(['1', '', '2', '2']);
  expect([of('issues'), of('issue_late'), of('issue_unsafe_drop'), of('issue_attitude')]).toEqual([
    '2',
    '1',
    '1',
    '0',
  ]);
  expect([of('comment'), of('comment_is'), of('serious')]).toEqual(["'=cmd|x", 'text', 'true']);
});
