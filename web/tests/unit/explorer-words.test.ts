/** What the explorer makes of entries, of searches and of addresses, in words and in paths. */

import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { documentHash } from '../../src/core/digests.ts';
import { type Hex, toHex, ZERO_HASH } from '../../src/core/hex.ts';
import { ISSUES, issuesOf, OUTCOMES } from '../../src/core/vocabulary.ts';
import { belongs } from '../../src/explorer/record/documents.ts';
import { factsOf } from '../../src/explorer/record/facts.ts';
import { pieces, plainText, sentence } from '../../src/explorer/record/sentences.ts';
import { pathOf, routeOf } from '../../src/explorer/routes.ts';
import { understand, withoutSecret } from '../../src/explorer/search.ts';
import type { Entry, Member } from '../../src/service/models.ts';
import { type Messages, Words } from '../../src/words/words.ts';

const messages = JSON.parse(
  readFileSync(new URL('../../src/explorer/messages/en.json', import.meta.url), 'utf8'),
) as Messages;
const words = new Words('en', messages, 'en-GB');

interface Recorded {
  readonly members: readonly Member[];
  readonly driver: number;
  readonly driver_entries: readonly Entry[];
  readonly carrier_entries: readonly Entry[];
}

const recorded = JSON.parse(
  readFileSync(new URL('./fixtures/history.json', import.meta.url), 'utf8'),
) as Recorded;
const naming = { words, members: recorded.members };
const every = [...recorded.carrier_entries, ...recorded.driver_entries];

function said(entry: Entry): string {
  return plainText(sentence(naming, entry)).replaceAll('\u00a0', ' ');
}

function short(entry: Entry): string {
  const id = entry.delivery_id as Hex;
  return `delivery ${id.slice(0, 6)}…${id.slice(-4)}`;
}

function of(kind: Entry['kind'], where: (entry: Entry) => boolean = () => true): Entry {
  const found = every.find((one) => one.kind === kind && where(one));
  if (found === undefined) throw new Error(`no such ${kind} was recorded`);
  return found;
}

test('every kind of entry is said in words, with what it says and no more', () => {
  const driver = `driver ${recorded.driver}`;
  const opening = of('opening');
  expect(said(opening)).toBe(
    `Corner Shop opened ${short(opening)} for Swift Couriers, promised by ${words.time(String(opening.item.promised_by))}`,
  );
  const attempted = of('report', (one) => one.item.outcome === 'attempted');
  expect(said(attempted)).toBe(`Swift Couriers reported ${short(attempted)} attempted by ${driver}`);
  const unnamed = of('report', (one) => one.item.outcome === 'out_for_delivery');
  expect(said(unnamed)).toBe(`Swift Couriers reported ${short(unnamed)} out for delivery, no driver named`);
  const cancelled = of('report', (one) => one.item.outcome === 'cancelled');
  expect(said(cancelled)).toBe(`Corner Shop cancelled ${short(cancelled)}`);

  const feedback = (revision: number) => of('feedback', (one) => one.item.revision === revision);
  const about = `The recipient of ${short(feedback(1))}`;
  expect(said(feedback(1))).toBe(
    `${about} gave ${driver} of Swift Couriers 4 of 5, with issues: late and no communication`,
  );
  expect(said(feedback(2))).toBe(
    `${about} rated single aspects of ${driver} of Swift Couriers, none overall (revision 2)`,
  );
  expect(said(feedback(3))).toBe(
    `${about} gave ${driver} of Swift Couriers no rating, with issues: fee dispute (revision 3)`,
  );
  expect(said(feedback(4))).toBe(
    `${about} withdrew what was said about ${driver} of Swift Couriers (revision 4)`,
  );
  expect(said(feedback(5))).toBe(`${about} gave Swift Couriers, no driver named, 2 of 5 (revision 5)`);

  const change = of('key_change');
  expect(said(change)).toBe(`The recipient took ${short(change)} over: from here on a new key signs`);
  const excluded = of('note', (one) => one.item.note_kind === 1);
  expect(said(excluded)).toBe(`Feedback about ${driver} in ${short(excluded)} was excluded`);
  const lifted = of('note', (one) => one.item.note_kind === 2);
  expect(said(lifted)).toBe(`The exclusion of feedback about ${driver} in ${short(lifted)} was lifted`);
  const other = of('note', (one) => one.delivery_id === null);
  expect(said(other)).toBe('A note of kind 77 about nobody, Swift Couriers and no delivery was recorded');
  expect(said(of('driver_move'))).toBe(
    `Driver ${recorded.driver} moved from Swift Couriers to Harbour Parcel`,
  );
});

test('every outcome and issue has words, with a driver and without', () => {
  const report = of('report', (one) => one.driver !== 0);
  for (const outcome of OUTCOMES)
    for (const driver of [0, 7]) {
      const entry = { ...report, driver, item: { ...report.item, outcome, driver } };
      expect(said(entry)).not.toMatch(/say\.|\{|undefined/);
      expect(words.has(`outcome.${outcome}`)).toBe(true);
    }
  for (const issue of ISSUES) expect(words.has(`issue.${issue}`), issue).toBe(true);
  expect(issuesOf(0)).toEqual([]);
  expect(issuesOf((1 << ISSUES.length) - 1)).toEqual([...ISSUES]);
  expect(said({ ...report, kind: 'of tomorrow' as Entry['kind'] })).toContain('of tomorrow');
});

test('names lead where they should, and hostile ones stay text', () => {
  const links = sentence(
    naming,
    of('report', (one) => one.driver !== 0),
  )
    .map((piece) => piece.href)
    .filter((href) => href !== null);
  expect(links).toEqual([
    pathOf.member(2),
    pathOf.delivery(of('report', (one) => one.driver !== 0).delivery_id as Hex),
    pathOf.driver(recorded.driver),
  ]);
  const hostile = { ...naming, members: [{ member: 2, name: '<img src=x>{driver}', roles: [] }] };
  const text = plainText(sentence(hostile, of('driver_move')));
  expect(text).toContain('<img src=x>{driver}');
  expect(pieces(words, 'entry.block', { block: { text: '9', href: '/x' } })).toEqual([
    { text: 'Block ', href: null },
    { text: '9', href: '/x' },
  ]);
});

test('the raw values are all there, words unpacked', () => {
  for (const entry of every) {
    const facts = factsOf(entry);
    expect(facts.item.map((one) => one.name)).toEqual(Object.keys(entry.item));
    const names = [...facts.place, ...facts.head, ...facts.word].map((one) => one.name);
    for (const name of Object.keys(entry))
      if (name !== 'item') expect(names, `${entry.kind} ${name}`).toContain(name);
    const unpacked = facts.word.length - 1;
    if (entry.word !== ZERO_HASH) expect(unpacked).toBe(entry.kind === 'driver_move' ? 3 : 6);
  }
});

test('addresses show what they name, and nothing else is an address', () => {
  const hash: Hex = `0x${'ab'.repeat(32)}`;
  expect(routeOf('/explorer')).toEqual({ view: 'start' });
  expect(routeOf('/explorer/')).toEqual({ view: 'start' });
  expect(routeOf(pathOf.delivery(hash))).toEqual({ view: 'delivery', id: hash });
  expect(routeOf(pathOf.delivery(`0x${'AB'.repeat(32)}`))).toEqual({ view: 'delivery', id: hash });
  expect(routeOf(pathOf.tx(hash))).toEqual({ view: 'tx', hash });
  expect(routeOf(pathOf.driver(3))).toEqual({ view: 'driver', number: 3 });
  expect(routeOf(pathOf.member(2))).toEqual({ view: 'member', number: 2 });
  expect(routeOf(pathOf.block(0))).toEqual({ view: 'block', number: 0 });
  for (const path of [
    '/explorer/drivers',
    '/explorer/drivers/0',
    '/explorer/drivers/4294967296',
    '/explorer/members/65536',
    '/explorer/blocks/-1',
    '/explorer/blocks/1e3',
    '/explorer/deliveries/0xab',
    '/explorer/elsewhere/3',
    '/explorer/drivers/3/more',
    '/dashboard',
  ])
    expect(routeOf(path), path).toEqual({ view: 'nowhere', path });
});

test('a search is understood in every form', () => {
  const hash: Hex = `0x${'1f'.repeat(32)}`;
  const look = (text: string) => understand(text, recorded.members);
  expect(look('  ')).toEqual({ kind: 'nothing' });
  expect(look(hash)).toEqual({ kind: 'hash', hash });
  expect(look(hash.slice(2).toUpperCase())).toEqual({ kind: 'hash', hash });
  expect(look(`http://shop.example/t/${hash}`)).toEqual({ kind: 'delivery', id: hash });
  const choices = (...all: [string, number][]) => ({
    kind: 'choice',
    choices: all.map(([view, number]) => ({ view, number })),
  });
  expect(look('3')).toEqual(choices(['driver', 3], ['block', 3], ['member', 3]));
  expect(look('0')).toEqual(choices(['block', 0]));
  expect(look('5000000000')).toEqual(choices(['block', 5_000_000_000]));
  expect(look('driver 3')).toEqual(choices(['driver', 3]));
  expect(look('Driver #3')).toEqual(choices(['driver', 3]));
  expect(look('block17')).toEqual(choices(['block', 17]));
  expect(look('carrier 2')).toEqual(choices(['member', 2]));
  expect(look('swift')).toEqual(choices(['member', 2]));
  for (const none of ['driver', 'driver 0', 'member 70000', '0xabc', 'nobody knows', '-3', '3.5'])
    expect(look(none), none).toEqual({ kind: 'unknown', text: none });
});

test('words that every object knows are no words of ours', () => {
  for (const text of ['constructor 5', '__proto__ 1', 'toString 3'])
    expect(understand(text, recorded.members), text).toMatchObject({ kind: 'unknown' });
});

test('a tracking link’s secret is dropped, wherever it stands', () => {
  const id: Hex = `0x${'1f'.repeat(32)}`;
  const secret = 'A'.repeat(43);
  for (const pasted of [
    `https://shop.example/t/${id}#${secret}`,
    `/t/${id}/#${secret}`,
    ` https://shop.example/t/${id.toUpperCase().replace('0X', '0x')}?lang=de#${secret} `,
    `${id}#${secret}`,
  ]) {
    expect(withoutSecret(pasted), pasted).toEqual({ text: id, dropped: true });
    expect(understand(pasted, []), pasted).toEqual({ kind: 'delivery', id });
    expect(JSON.stringify(understand(pasted, []))).not.toContain(secret);
  }
  expect(withoutSecret('driver #3')).toEqual({ text: 'driver #3', dropped: false });
});

test('a text belongs to the entry whose hash it gives, and to no other', () => {
  const salt = Uint8Array.from({ length: 32 }, (_, n) => n);
  const written = (document: unknown): Entry[] => {
    const feedback = of('feedback');
    const content_hash = documentHash(salt, document);
    return [of('opening'), { ...feedback, item: { ...feedback.item, content_hash } }];
  };
  const plain = written({ comment: 'Rang the bell, waited, smiled.' });
  expect(belongs('Rang the bell, waited, smiled.', toHex(salt), plain)).toMatchObject({
    kind: 'of',
    entry: { kind: 'feedback' },
  });
  const german = written({ comment: 'Danke!\nSehr freundlich.', lang: 'de' });
  expect(belongs('Danke!\nSehr freundlich.\n', ` ${toHex(salt)} `, german).kind).toBe('of');
  expect(belongs('{"lang":"de","comment":"Danke!\\nSehr freundlich."}', toHex(salt), german).kind).toBe('of');
  expect(belongs('Danke! Sehr freundlich.', toHex(salt), german)).toEqual({ kind: 'none' });
  expect(belongs('Danke!\nSehr freundlich.', ZERO_HASH, german)).toEqual({ kind: 'none' });
  expect(belongs('Danke!', '0x12', german)).toEqual({ kind: 'salt' });
});

test('every message that the code asks for is there', () => {
  const keys = new Set(
    [...sourceOf('explorer')].flatMap((text) =>
      [...text.matchAll(/words\.t\('([^']+)'/g)].map((found) => found[1] as string),
    ),
  );
  for (const key of keys) expect(words.has(key), key).toBe(true);
});

function* sourceOf(room: string): Generator<string> {
  const directory = new URL(`../../src/${room}/`, import.meta.url);
  for (const name of [
    'explorer-page.ts',
    'explorer-start.ts',
    'explorer-search.ts',
    'explorer-entry.ts',
    'explorer-entries.ts',
    'explorer-delivery.ts',
    'explorer-driver.ts',
    'explorer-member.ts',
    'explorer-tx.ts',
    'explorer-block.ts',
    'head-check.ts',
    'document-check.ts',
    'reputation-card.ts',
    'self-check.ts',
    'context.ts',
    'record/sentences.ts',
  ])
    yield readFileSync(new URL(name, directory), 'utf8');
}
