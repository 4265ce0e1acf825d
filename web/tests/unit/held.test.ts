/** Lists that hold still: what changes in place, what waits, and what goes. */

import { expect, test } from '@playwright/test';
import { DeliveryList, type Reading } from '../../src/dashboard/delivery-list.ts';
import { Held } from '../../src/look/held.ts';
import type { Delivery } from '../../src/service/models.ts';
import { Problem } from '../../src/service/problems.ts';

interface Row {
  readonly key: number;
  readonly says: string;
}

const row = (key: number, says = 'old'): Row => ({ key, says });
const said = (rows: readonly Row[]) => rows.map((one) => `${one.key} ${one.says}`);

function heldOf(...rows: Row[]): Held<Row> {
  const held = new Held<Row>((one) => one.key);
  held.show(rows);
  return held;
}

test('rows that show change in place; what is new waits until it is asked for', () => {
  const held = heldOf(row(2), row(1));
  held.offer([row(3, 'new'), row(2, 'new'), row(1)]);
  expect(said(held.rows)).toEqual(['2 new', '1 old']);
  expect(said(held.waiting)).toEqual(['3 new']);
  expect(held.reordered).toBe(false);
  held.show();
  expect(said(held.rows)).toEqual(['3 new', '2 new', '1 old']);
  expect(held.waiting).toEqual([]);
});

test('another order waits too, and what left the list stays with its new values until then', () => {
  const held = heldOf(row(1), row(2), row(3));
  held.offer([row(3), row(1, 'new')], [row(2, 'left')]);
  expect(said(held.rows)).toEqual(['1 new', '2 left', '3 old']);
  expect(held.left.map((one) => one.key)).toEqual([2]);
  expect(held.reordered).toBe(true);
  held.show();
  expect(said(held.rows)).toEqual(['3 old', '1 new']);
  expect([held.left, held.reordered]).toEqual([[], false]);
});

test('more goes to the end, each once, and leaves what waits waiting', () => {
  const held = heldOf(row(2), row(1));
  held.offer([row(3), row(2), row(1)]);
  held.append([row(1), row(0)]);
  expect(held.rows.map((one) => one.key)).toEqual([2, 1, 0]);
  expect(held.waiting.map((one) => one.key)).toEqual([3]);
});

/** A service with so many deliveries, newest first, of which a filter holds for some. */
class Service implements Reading {
  all: Delivery[] = [];
  gone = new Set<string>();
  asked: string[] = [];
  failing = false;

  put(number: number, outcome: Delivery['outcome'] = null): void {
    const delivery_id = `0x${String(number).padStart(64, '0')}` as const;
    const made = { delivery_id, outcome } as Delivery;
    this.all = [made, ...this.all.filter((one) => one.delivery_id !== delivery_id)].sort((one, other) =>
      one.delivery_id < other.delivery_id ? 1 : -1,
    );
  }

  async page(cursor: string | null, limit: number) {
    if (this.failing) throw new Problem(503, 'unavailable', 'not now', {}, null);
    const fitting = this.all.filter((one) => one.outcome === null);
    const from = Number(cursor ?? 0);
    const items = fitting.slice(from, from + limit);
    return { items, next: from + limit < fitting.length ? String(from + limit) : null };
  }

  async one(id: string): Promise<Delivery> {
    this.asked.push(id);
    const found = this.all.find((one) => one.delivery_id === id);
    if (found === undefined || this.gone.has(id)) throw new Problem(404, 'not-found', 'gone', {}, null);
    return found;
  }

  block() {
    return 7;
  }
}

function listOf(service: Service): DeliveryList {
  const host = {
    addController() {},
    removeController() {},
    requestUpdate() {},
    updateComplete: Promise.resolve(true),
  };
  return new DeliveryList(host, service);
}

const id = (number: number) => `0x${String(number).padStart(64, '0')}`;
const ids = (rows: readonly Delivery[]) => rows.map((one) => Number(one.delivery_id.slice(2)));

test('of the deliveries that show, those that changed are read; new ones wait; the end goes on where it was', async () => {
  const service = new Service();
  for (let number = 1; number <= 120; number++) service.put(number);
  const list = listOf(service);
  await list.load.again();
  await list.more();
  expect(list.held.rows).toHaveLength(100);
  service.put(121);
  service.put(60, 'delivered');
  list.moved(new Set([id(121), id(60)]));
  await list.load.again();
  expect(ids(list.held.waiting)).toEqual([121]);
  expect(list.held.rows).toHaveLength(100);
  expect(list.held.rows.find((one) => one.delivery_id === id(60))?.outcome).toBe('delivered');
  expect(ids(list.held.left)).toEqual([60]);
  expect(service.asked).toEqual([id(60)]);
  list.held.show();
  await list.more();
  expect(ids(list.held.rows)).toEqual(
    Array.from({ length: 121 }, (_, at) => 121 - at).filter((number) => number !== 60),
  );
  expect(list.next).toBeNull();
});

test('after a rewind what is on the record no more goes, and the rest stays', async () => {
  const service = new Service();
  for (let number = 1; number <= 3; number++) service.put(number);
  const list = listOf(service);
  await list.load.again();
  service.all = service.all.filter((one) => one.delivery_id !== id(2));
  list.moved(null);
  await list.load.again();
  expect(ids(list.held.rows)).toEqual([3, 1]);
  expect([list.held.waiting, list.held.left]).toEqual([[], []]);
});

test('a reading that fails leaves what shows, says so, and what it was to read is read next time', async () => {
  const service = new Service();
  for (let number = 1; number <= 3; number++) service.put(number);
  const list = listOf(service);
  await list.load.again();
  service.put(2, 'lost');
  service.failing = true;
  list.moved(new Set([id(2)]));
  await list.load.again();
  expect(list.load.error).toBeInstanceOf(Problem);
  expect(ids(list.held.rows)).toEqual([3, 2, 1]);
  service.failing = false;
  await list.load.again();
  expect(list.load.error).toBeNull();
  expect(list.held.rows[1]?.outcome).toBe('lost');
});

test('into an empty list the first comes by itself', async () => {
  const service = new Service();
  const list = listOf(service);
  await list.load.again();
  service.put(1);
  list.moved(new Set([id(1)]));
  await list.load.again();
  expect(ids(list.held.rows)).toEqual([1]);
});
