/** What the device keeps things in: IndexedDB; memory where the browser allows none, or it fails, which is lost with the page. */

import { openDB } from 'idb';
import { Fallback } from './fallback.ts';
import { isFull, Lasting, type Schema } from './lasting.ts';
import { Memory } from './memory.ts';
import { type Kept, keyOf, STORES, type StoreName } from './records.ts';

const NAME = 'doorstep';
const VERSION = 2;
/** How long a browser may take to open its store before the page goes on without. */
const PATIENCE_MS = 4_000;

/** One record to write, in its store. */
export type Write = { [S in StoreName]: readonly [S, Kept[S]] }[StoreName];

/** Why nothing is kept beyond the page: the browser offers no store here, it is full, or it fails or does not answer. */
export type Lack = 'none' | 'full' | 'failing';

export interface Device {
  /** Null where what is kept survives the page. */
  readonly lack: Lack | null;
  /** Calls `listener` when `lack` has changed; what is kept may be other than it was then. */
  watch(listener: () => void): void;
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

/**
 * Opens this origin's store; never throws, and answers after `patience` ms at the latest: without IndexedDB it is memory.
 * A store that opens after all is then used, with what was kept meanwhile.
 */
export async function openDevice(patience = PATIENCE_MS): Promise<Device> {
  const opening = open();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), patience);
  });
  try {
    const store = await Promise.race([opening, tooLong]);
    if (store !== null) return new Fallback(store);
    const device = new Fallback(new Memory('failing'));
    opening.then(
      (late) => void device.takeUp(late),
      () => {}, // It goes on as it is.
    );
    return device;
  } catch (error) {
    return new Memory(isFull(error) ? 'full' : 'none');
  } finally {
    clearTimeout(timer);
  }
}

async function open(): Promise<Lasting> {
  const database = await openDB<Schema>(NAME, VERSION, {
    upgrade(database) {
      for (const store of STORES)
        if (!database.objectStoreNames.contains(store as never))
          database.createObjectStore(store as never, { keyPath: keyOf(store) });
    },
    // A newer page's store must not wait for this one.
    blocking: (_now, _next, event) => (event.target as IDBDatabase).close(),
  });
  return new Lasting(database);
}
