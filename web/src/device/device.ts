/** The device's store: IndexedDB; memory where the browser allows none, which then is lost with the page. */

import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Kept, StoreName } from './records.ts';

const NAME = 'doorstep';
const VERSION = 1;
const STORES: readonly StoreName[] = ['seeds', 'possessions', 'drafts', 'outgoing', 'seen'];

type Schema = DBSchema & { [S in StoreName]: { key: string; value: Kept[S] } };

/** One record to write, in its store. */
export type Write = { [S in StoreName]: readonly [S, Kept[S]] }[StoreName];

export interface Device {
  /** Whether what is kept survives the page. */
  readonly lasting: boolean;
  get<S extends StoreName>(store: S, key: string): Promise<Kept[S] | undefined>;
  all<S extends StoreName>(store: S): Promise<Kept[S][]>;
  /** Writes all of them or none. */
  put(...writes: Write[]): Promise<void>;
  /**
   * Writes what `next` makes of what is kept, and `writes` with it, nothing coming between: tabs and the service worker
   * write too. Where `next` returns null nothing is written, and false returned.
   */
  change<S extends StoreName>(
    store: S,
    key: string,
    next: (kept: Kept[S] | undefined) => Kept[S] | null,
    ...writes: Write[]
  ): Promise<boolean>;
  /** Removes what is kept, where `when` holds of it. */
  remove<S extends StoreName>(store: S, key: string, when?: (kept: Kept[S]) => boolean): Promise<void>;
}

/** Opens this origin's store; never throws: without IndexedDB it is memory. */
export async function openDevice(): Promise<Device> {
  try {
    return new Lasting(
      await openDB<Schema>(NAME, VERSION, {
        upgrade(database) {
          for (const store of STORES) database.createObjectStore(store as never, { keyPath: keyOf(store) });
        },
      }),
    );
  } catch {
    return new Memory();
  }
}

function keyOf(store: StoreName): string {
  return store === 'seeds' ? 'id' : 'deliveryId';
}

class Lasting implements Device {
  readonly lasting = true;

  constructor(private readonly database: IDBPDatabase<Schema>) {}

  async get<S extends StoreName>(store: S, key: string): Promise<Kept[S] | undefined> {
    return (await this.database.get(store as never, key)) as Kept[S] | undefined;
  }

  async all<S extends StoreName>(store: S): Promise<Kept[S][]> {
    return (await this.database.getAll(store as never)) as Kept[S][];
  }

  async put(...writes: Write[]): Promise<void> {
    const stores = [...new Set(writes.map(([store]) => store))];
    const transaction = this.database.transaction(stores as never, 'readwrite', { durability: 'strict' });
    await Promise.all([
      ...writes.map(([store, value]) => transaction.objectStore(store as never).put(value as never)),
      transaction.done,
    ]);
  }

  async change<S extends StoreName>(
    store: S,
    key: string,
    next: (kept: Kept[S] | undefined) => Kept[S] | null,
    ...writes: Write[]
  ): Promise<boolean> {
    const stores = [...new Set([store, ...writes.map(([other]) => other)])];
    const transaction = this.database.transaction(stores as never, 'readwrite', { durability: 'strict' });
    const kept = (await transaction.objectStore(store as never).get(key)) as Kept[S] | undefined;
    const value = next(kept);
    const all = value === null ? [] : [[store, value] as const, ...writes];
    await Promise.all([
      ...all.map(([to, what]) => transaction.objectStore(to as never).put(what as never)),
      transaction.done,
    ]);
    return value !== null;
  }

  async remove<S extends StoreName>(store: S, key: string, when?: (kept: Kept[S]) => boolean): Promise<void> {
    const transaction = this.database.transaction(store as never, 'readwrite', { durability: 'strict' });
    const kept = (await transaction.store.get(key)) as Kept[S] | undefined;
    if (kept !== undefined && (when?.(kept) ?? true)) await transaction.store.delete(key);
    await transaction.done;
  }
}

/** Keeps everything for as long as the page lives. */
export class Memory implements Device {
  readonly lasting = false;
  readonly #stores = new Map<StoreName, Map<string, unknown>>(STORES.map((name) => [name, new Map()]));

  async get<S extends StoreName>(store: S, key: string): Promise<Kept[S] | undefined> {
    return this.#stores.get(store)?.get(key) as Kept[S] | undefined;
  }

  async all<S extends StoreName>(store: S): Promise<Kept[S][]> {
    return [...(this.#stores.get(store)?.values() ?? [])] as Kept[S][];
  }

  async put(...writes: Write[]): Promise<void> {
    for (const [store, value] of writes) {
      const key = (value as unknown as Record<string, string>)[keyOf(store)] as string;
      this.#stores.get(store)?.set(key, value);
    }
  }

  async change<S extends StoreName>(
    store: S,
    key: string,
    next: (kept: Kept[S] | undefined) => Kept[S] | null,
    ...writes: Write[]
  ): Promise<boolean> {
    const value = next(this.#stores.get(store)?.get(key) as Kept[S] | undefined);
    if (value === null) return false;
    await this.put([store, value] as unknown as Write, ...writes);
    return true;
  }

  async remove<S extends StoreName>(store: S, key: string, when?: (kept: Kept[S]) => boolean): Promise<void> {
    const kept = this.#stores.get(store)?.get(key) as Kept[S] | undefined;
    if (kept !== undefined && (when?.(kept) ?? true)) this.#stores.get(store)?.delete(key);
  }
}
