/** What is kept for as long as the page lives. */

import type { Device, Lack, Write } from './device.ts';
import { type Kept, keyOf, STORES, type StoreName } from './records.ts';

export class Memory implements Device {
  readonly #stores = new Map<StoreName, Map<string, unknown>>(STORES.map((name) => [name, new Map()]));

  constructor(readonly lack: Lack | null = 'none') {}

  watch(): void {}

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
