/** One at a time over all tabs and the service worker of this browser, and telling the others what changed. */

export type Turn = (name: string, work: () => Promise<void>) => Promise<void>;

/** Runs `work` alone under this name; where another holds it, returns without. Without Web Locks: runs at once. */
export const alone: Turn = (name, work) => held(name, true, work);

/** Runs `work` alone under this name, after whoever holds it. Without Web Locks: runs at once. */
export const inTurn: Turn = (name, work) => held(name, false, work);

async function held(name: string, ifAvailable: boolean, work: () => Promise<void>): Promise<void> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (locks === undefined) return work();
  await locks.request(`doorstep ${name}`, { ifAvailable }, async (lock) => {
    if (lock !== null) await work();
  });
}

/** Tells the tabs of this origin, the one that rings left out, that what is kept of a delivery has changed. */
export class Bell {
  readonly #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('doorstep') : null;

  ring(deliveryId: string): void {
    this.#channel?.postMessage(deliveryId);
  }

  heard(listener: (deliveryId: string) => void): void {
    if (this.#channel !== null) this.#channel.onmessage = (event) => listener(String(event.data));
  }

  close(): void {
    this.#channel?.close();
  }
}
