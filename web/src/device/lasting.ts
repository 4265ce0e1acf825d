/** What is kept in IndexedDB. Its errors are DOMExceptions, that of a full store a QuotaExceededError. */

import type { DBSchema, IDBPDatabase } from 'idb';
import type { Device, Write } from './device.ts';
import type { Kept, StoreName } from './records.ts';

export type Schema = DBSchema & { [S in StoreName]: { key: string; value: Kept[S] } };

export class Lasting implements Device {
  readonly lack = null;

  constructor(private readonly database: IDBPDatabase<Schema>) {}

  watch(): void {}

  async get<S extends StoreName>(store: S, key: string): Promise<Kept[S] | undefined> {
    return (await this.database.get(store as never, key)) as Kept[S] | undefined;
  }

  async all<S extends StoreName>(store: S): Promise<Kept[S][]> {
    return (await this.database.getAll(store as never)) as Kept[S][];
  }

  async put(...writes: Write[]): Promise<void> {
    const transaction = this.#write(writes.map(([store]) => store));
    await finished(transaction, () =>
      writes.map(([store, value]) => transaction.objectStore(store as never).put(value as never)),
    );
  }

  async change<S extends StoreName>(
    store: S,
    key: string,
    next: (kept: Kept[S] | undefined) => Kept[S] | null,
    ...writes: Write[]
  ): Promise<boolean> {
    const transaction = this.#write([store, ...writes.map(([other]) => other)]);
    const kept = (await transaction.objectStore(store as never).get(key)) as Kept[S] | undefined;
    const value = next(kept);
    const all = value === null ? [] : [[store, value] as const, ...writes];
    await finished(transaction, () =>
      all.map(([to, what]) => transaction.objectStore(to as never).put(what as never)),
    );
    return value !== null;
  }

  async remove<S extends StoreName>(store: S, key: string, when?: (kept: Kept[S]) => boolean): Promise<void> {
    const transaction = this.#write([store]);
    const kept = (await transaction.objectStore(store as never).get(key)) as Kept[S] | undefined;
    const goes = kept !== undefined && (when?.(kept) ?? true);
    await finished(transaction, () => (goes ? [transaction.objectStore(store as never).delete(key)] : []));
  }

  #write(stores: readonly StoreName[]) {
    return this.database.transaction([...new Set(stores)] as never, 'readwrite', { durability: 'strict' });
  }
}

/** Returns whether a store failed for want of room. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && error.name === 'QuotaExceededError';
}

interface Transaction {
  readonly done: Promise<void>;
  readonly error: DOMException | null;
}

/** Waits for the requests and their transaction; a request that was cut off throws what cut the transaction off. */
async function finished(transaction: Transaction, requests: () => Promise<unknown>[]): Promise<void> {
  try {
    await Promise.all([...requests(), transaction.done]);
  } catch (error) {
    await transaction.done.catch(() => {});
    throw transaction.error ?? error;
  }
}
