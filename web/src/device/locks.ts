/** One at a time over all tabs of this browser, and telling the other tabs what changed. */

/** Runs `work` alone under this name; where another tab holds it, returns without. Without Web Locks: runs at once. */
export async function alone(name: string, work: () => Promise<void>): Promise<void> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (locks === undefined) return work();
  await locks.request(`doorstep ${name}`, { ifAvailable: true }, async (lock) => {
    if (lock !== null) await work();
  });
}

/** Tells tabs of this origin, this one left out, that what is kept of a delivery has changed. */
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
