/** A record head recomputed: on the shared vectors, on a recorded history, and with every value tampered with. */

import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { nextHead } from '../../src/core/digests.ts';
import { type Hex, ZERO_HASH } from '../../src/core/hex.ts';
import { unpackDriver } from '../../src/core/words.ts';
import { contradictions } from '../../src/explorer/record/contradictions.ts';
import {
  type Difference,
  following,
  HeadCheck,
  headAfter,
  type Owner,
} from '../../src/explorer/record/heads.ts';
import { askNode, callData, pastedHead } from '../../src/explorer/record/node.ts';
import { checkHead } from '../../src/explorer/record/running.ts';
import type { Entry, EntryKind, Member } from '../../src/service/models.ts';

export interface Recorded {
  readonly ledger: Hex;
  readonly members: readonly Member[];
  readonly driver: number;
  readonly carrier: number;
  readonly block: number;
  readonly heads: { readonly driver: Hex; readonly carrier: Hex };
  readonly driver_entries: readonly Entry[];
  readonly carrier_entries: readonly Entry[];
}

const recorded = JSON.parse(
  readFileSync(new URL('./fixtures/history.json', import.meta.url), 'utf8'),
) as Recorded;

const HEADS = [
  [{ kind: 'driver', number: recorded.driver }, recorded.driver_entries, recorded.heads.driver],
  [{ kind: 'carrier', number: recorded.carrier }, recorded.carrier_entries, recorded.heads.carrier],
] as const satisfies readonly (readonly [Owner, readonly Entry[], Hex])[];

/** Takes entries until one does not stand; returns the difference and the head so far. */
function run(of: Owner, entries: readonly Entry[]): { difference: Difference | null; check: HeadCheck } {
  const check = new HeadCheck(of);
  for (const entry of entries) {
    const difference = check.take(entry);
    if (difference !== null) return { difference, check };
  }
  return { difference: null, check };
}

function tampered(entry: Entry, change: (copy: Record<string, unknown>) => void): Entry {
  const copy = structuredClone(entry) as unknown as Record<string, unknown>;
  change(copy);
  return copy as unknown as Entry;
}

test('the recorded history holds every kind of entry', () => {
  const kinds = new Set([...recorded.driver_entries, ...recorded.carrier_entries].map((one) => one.kind));
  const all: EntryKind[] = ['driver_move', 'feedback', 'key_change', 'note', 'opening', 'report'];
  expect([...kinds].sort()).toEqual(all);
});

for (const [of, entries, head] of HEADS) {
  test(`the ${of.kind}'s entries come to the head that the contract held`, () => {
    const { difference, check } = run(of, entries);
    expect(difference).toBeNull();
    expect(check.count).toBe(entries.length);
    expect(check.head).toBe(head);
  });

  test(`every value of a ${of.kind}'s entries, tampered with, is found at that entry`, () => {
    // A head binds none of these: two say where an entry is found, one follows from the driver's moves.
    const unbound = new Set(['tx_hash', 'log_index', 'former_driver']);
    let tried = 0;
    for (const [place, entry] of entries.entries()) {
      // One opening is like the other.
      if (place > 0 && entry.kind === 'opening' && place < entries.length - 5) continue;
      for (const path of paths(entry as unknown as Record<string, unknown>)) {
        if (unbound.has(path[0] as string)) continue;
        for (const value of otherValues(valueAt(entry, path))) {
          const changed = tampered(entry, (copy) => put(copy, path, value));
          const { difference } = run(of, entries.with(place, changed));
          expect(difference?.place, `${path.join('.')} of entry ${place + 1} as ${value}`).toBe(place + 1);
          tried++;
        }
      }
    }
    expect(tried).toBeGreaterThan(300);
  });

  test(`a ${of.kind}'s entry left out, put in twice or moved is found where it is missed`, () => {
    for (const place of entries.keys()) {
      if (place < entries.length - 1)
        expect(run(of, entries.toSpliced(place, 1)).difference?.place).toBe(place + 1);
      const twice = entries.toSpliced(place, 0, entries[place] as Entry);
      expect(run(of, twice).difference?.place).toBe(place + 2);
    }
    const [first, second, ...rest] = entries as [Entry, Entry, ...Entry[]];
    expect(run(of, [second, first, ...rest]).difference?.place).toBe(1);
  });
}

function* paths(value: Record<string, unknown>, before: string[] = []): Generator<string[]> {
  for (const [name, one] of Object.entries(value)) {
    if (typeof one === 'object' && one !== null && !Array.isArray(one))
      yield* paths(one as Record<string, unknown>, [...before, name]);
    else yield [...before, name];
  }
}

function valueAt(entry: Entry, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], entry);
}

function put(copy: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const last = path.at(-1) as string;
  const owner = path.slice(0, -1).reduce((one, name) => one[name] as Record<string, unknown>, copy);
  if (value === undefined) delete owner[last];
  else owner[last] = value;
}

/** Values that are not this one: as near as possible, of another form, and none. */
function otherValues(value: unknown): unknown[] {
  if (typeof value === 'number') return [value + 1, value === 0 ? 1 : 0, -1, 1.5, 'no number', undefined];
  if (Array.isArray(value)) return [[...value, 'late', 'missing'], value.length === 0 ? ['late'] : []];
  if (value === null) return [1];
  const text = String(value);
  if (text.startsWith('0x')) {
    const other = text.endsWith('1') ? '2' : '1';
    return [text.slice(0, -1) + other, text.slice(0, -2), 'no hex', undefined];
  }
  if (/^\d{4}-/.test(text)) return [text.replace(/^\d{4}/, '2001'), text.replace('Z', '.5Z'), 'yesterday'];
  return ['attempted', 'lost', 'opening', 'note', 'nothing such'].filter((one) => one !== text);
}

test('the entry after tells whether a value or only the stated head was changed', () => {
  const entries = recorded.driver_entries;
  const of: Owner = { kind: 'driver', number: recorded.driver };
  const place = entries.findIndex((one) => one.kind === 'feedback');
  const entry = entries[place] as Entry;
  const next = entries[place + 1] as Entry;
  const rating = tampered(entry, (copy) => put(copy, ['item', 'overall'], 5));
  const found = run(of, entries.with(place, rating)).difference as Difference;
  expect(found.why).toBe('head');
  expect(found.stated).toBe(entry.head);
  expect(found.contradictions).toEqual([]);
  expect(following(found, next)).toBe('stated');
  expect(following(found, null)).toBe('unknown');

  const stated = tampered(entry, (copy) => put(copy, ['head'], ZERO_HASH));
  expect(following(run(of, entries.with(place, stated)).difference as Difference, next)).toBe('computed');
  const both = tampered(rating, (copy) => put(copy, ['head'], ZERO_HASH));
  expect(following(run(of, entries.with(place, both)).difference as Difference, next)).toBe('neither');
});

test('a value that is shown beside what the head binds is held against it', () => {
  const entry = recorded.driver_entries.find((one) => one.kind === 'feedback') as Entry;
  expect(contradictions(entry)).toEqual([]);
  const names = tampered(entry, (copy) => put(copy, ['item', 'issues'], []));
  expect(contradictions(names)).toEqual([
    { field: 'item.issues', stated: '–', against: 'item.issue_bits', bound: 'late, no_communication' },
  ]);
  const other = tampered(entry, (copy) => put(copy, ['carrier'], 65_000));
  expect(contradictions(other).map((one) => one.field)).toEqual(['carrier']);
});

test('all heads made anew hide nothing from the contract’s own', () => {
  const [of, entries, head] = HEADS[0];
  let before: Hex = ZERO_HASH;
  const forged = entries.toSpliced(2, 1).map((entry) => {
    before = headAfter(before, entry);
    return tampered(entry, (copy) => put(copy, ['head'], before));
  });
  const { difference, check } = run(of, forged);
  expect(difference).toBeNull();
  expect(check.head).not.toBe(head);
});

interface Step {
  readonly head: Hex;
  readonly entryDigest: Hex;
  readonly word: Hex;
  readonly writer: Hex;
  readonly blockNumber: number;
  readonly blockTime: number;
  readonly next: Hex;
}

test('heads follow the shared vectors, one from the other', () => {
  const steps = JSON.parse(
    readFileSync(new URL('../../../tests/vectors/heads.json', import.meta.url), 'utf8'),
  ) as Step[];
  let head: Hex = ZERO_HASH;
  for (const one of steps) {
    expect(one.head).toBe(head);
    head = nextHead(head, one.entryDigest, one.word, one.writer, one.blockNumber, one.blockTime);
    expect(head).toBe(one.next);
  }
});

test('a driver’s word is unpacked', () => {
  const move = recorded.driver_entries.find((one) => one.kind === 'driver_move') as Entry;
  const word = unpackDriver(move.word);
  expect(word).toMatchObject({ carrier: move.item.to_carrier, nonce: (move.item.nonce as number) + 1 });
  expect(word?.key).toMatch(/^0x[0-9a-f]{40}$/);
  expect(unpackDriver(ZERO_HASH)).toBeNull();
});

test('pages are read one after another, with every head on the way', async () => {
  const [of, entries, head] = HEADS[0];
  async function* pages() {
    for (const entry of entries) yield { entries: [entry], indexed_block: recorded.block };
  }
  const checked = await checkHead(pages(), of, () => {}, new AbortController().signal);
  expect(checked).toMatchObject({ count: entries.length, head, block: recorded.block, difference: null });
  expect(checked.heads).toEqual(entries.map((one) => one.head));
});

test('a difference at the end of a page is judged by the first entry of the next', async () => {
  const [of, entries] = HEADS[0];
  const changed = tampered(entries[3] as Entry, (copy) => put(copy, ['item', 'overall'], 1));
  async function* pages() {
    yield { entries: entries.slice(0, 3), indexed_block: 1 };
    yield { entries: [changed], indexed_block: 1 };
    yield { entries: [], indexed_block: 1 };
    yield { entries: entries.slice(4), indexed_block: 1 };
  }
  const checked = await checkHead(pages(), of, () => {}, new AbortController().signal);
  expect(checked).toMatchObject({ count: 3, following: 'stated' });
  expect(checked.difference?.place).toBe(4);
});

test('a long check lets the page live, says how far it is, and can be stopped', async () => {
  const [of, entries] = HEADS[0];
  const chain = long(entries[2] as Entry, 4000);
  async function* pages() {
    yield { entries: chain, indexed_block: 1 };
  }
  const seen: number[] = [];
  let turns = 0;
  const beat = setInterval(() => turns++, 1);
  const checked = await checkHead(pages(), of, (count) => seen.push(count), new AbortController().signal);
  clearInterval(beat);
  expect(checked).toMatchObject({ count: 4000, difference: null });
  expect(seen.length).toBeGreaterThan(3);
  expect(turns).toBeGreaterThan(3);

  const abort = new AbortController();
  const stopped = checkHead(pages(), of, () => abort.abort(), abort.signal);
  await expect(stopped).rejects.toThrow(/abort/i);
});

/** Returns a head's entries that all stand: one entry, in block after block. */
function long(entry: Entry, count: number): Entry[] {
  let head: Hex = ZERO_HASH;
  return Array.from({ length: count }, (_, at) => {
    const copy = { ...entry, block: at + 1 };
    head = headAfter(head, copy);
    return { ...copy, head };
  });
}

test('a node is asked by the contract’s own selectors', () => {
  // keccak256 of the signatures, first four bytes, as `cast sig` prints them.
  const number = '0000000000000000000000000000000000000000000000000000000000000003';
  expect(callData({ kind: 'driver', number: 3 })).toBe(`0xb2feab9a${number}`);
  expect(callData({ kind: 'carrier', number: 3 })).toBe(`0x9ac5a63f${number}`);
  const command = askNode({ kind: 'driver', number: 3 }, recorded.ledger, 'http://127.0.0.1:8545', 22);
  expect(command).toContain(`"to":"${recorded.ledger}"`);
  expect(command).toContain('"0x16"]');
  expect(askNode({ kind: 'driver', number: 3 }, recorded.ledger, 'http://x', null)).toContain('"latest"]');
});

test('a head is found in whatever a node answered', () => {
  const head = `0x${'a1'.repeat(32)}`;
  expect(pastedHead(head.toUpperCase().replace('0X', '0x'))).toBe(head);
  expect(pastedHead(` ${head}\n`)).toBe(head);
  expect(pastedHead(`{"jsonrpc":"2.0","id":1,"result":"${head}"}`)).toBe(head);
  for (const none of ['', '0x', head.slice(0, -2), `${head}00`, `${head} ${ZERO_HASH}`, '{"error":{}}'])
    expect(pastedHead(none), none).toBeNull();
});
