/** A store that fails gives way to memory, which goes on with all that could still be read; the page is told why. */

import type { Device, Lack, Write } from './device.ts';
import { isFull, type Lasting } from './lasting.ts';
import { Memory } from './memory.ts';
import { type Kept, keyOf, STORES, type StoreName } from './records.ts';

/** Errors of the caller, not of the store: another store would throw them too. */
const CALLERS: ReadonlySet<string> = new Set(['DataError', 'DataCloneError', 'ConstraintError']);

export class Fallback implements Device {
  readonly #listeners: (() => void)[] = [];
  #falling: Promise<void> | null = null;

  constructor(private inner: Lasting | Memory) {}

  get lack(): Lack | null {
    return this.inner.lack;
  }

  watch(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get<S extends StoreName>(store: S, key: string): Promise<Kept[S] | undefined> {
    return this.#with((device) => device.get(store, key));
  }

  all<S extends StoreName>(store: S): Promise<Kept[S][]> {
    return this.#with((device) => device.all(store));
  }

  put(...writes: Write[]): Promise<void> {
    return this.#with((device) => device.put(...writes));
  }

  change<S extends StoreName>(
    store: S,
    key: string,
    next: (kept: Kept[S] | undefined) => Kept[S] | null,
    ...writes: Write[]
  ): Promise<boolean> {
    return this.#with((device) => device.change(store, key, next, ...writes));
  }

  remove<S extends StoreName>(store: S, key: string, when?: (kept: Kept[S]) => boolean): Promise<void> {
    return this.#with((device) => device.remove(store, key, when));
  }

  /** Goes on with a store that opened late; what was kept meanwhile is written where it has nothing. */
  async takeUp(store: Lasting): Promise<void> {
    const meanwhile = this.inner;
    this.inner = store;
    for (const name of STORES)
      for (const value of await meanwhile.all(name)) await this.#with((device) => addTo(device, name, value));
    this.#tell();
  }

  async #with<T>(work: (device: Device) => Promise<T>): Promise<T> {
    const device = this.inner;
    try {
      return await work(device);
    } catch (error) {
      if (device.lack !== null || !(error instanceof DOMException) || CALLERS.has(error.name)) throw error;
      this.#falling ??= this.#fall(device, isFull(error) ? 'full' : 'failing');
      await this.#falling;
      return work(this.inner);
    }
  }

  async #fall(failed: Device, lack: Lack): Promise<void> {
    const memory = new Memory(lack);
    for (const name of STORES) {
      const read = await failed.all(name).catch(() => []);
      for (const value of read) await addTo(memory, name, value);
    }
    this.inner = memory;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

async function addTo<S extends StoreName>(device: Device, store: S, value: Kept[S]): Promise<void> {
  const key = (value as unknown as Record<string, string>)[keyOf(store)] as string;
  await device.change(store, key, (kept) => (kept === undefined ? value : null));
}
