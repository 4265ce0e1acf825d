/** Where the focus goes when what had it leaves the page: never to the page itself, where reading would begin anew. */

import { type ReactiveController, ReactiveElement } from 'lit';

/**
 * Moves the focus on when an update of `host` takes away what had it: to the first of the ids that `next` gives which
 * `host`, or an element in it, shows.
 */
export class KeepFocus implements ReactiveController {
  #had = false;

  constructor(
    private readonly host: ReactiveElement,
    private readonly next: () => readonly string[],
  ) {
    host.addController(this);
  }

  /** Whether the focus is in the host. */
  get here(): boolean {
    return this.host.shadowRoot?.activeElement != null;
  }

  hostUpdate(): void {
    this.#had = this.here;
  }

  hostUpdated(): void {
    if (this.#had && !this.here) void this.move();
  }

  /** Moves the focus into the host, once it shows what it has to; leaves it where it is in the host already. */
  async move(): Promise<void> {
    await this.host.updateComplete;
    for (const id of this.next()) {
      const found = await find(this.host, id);
      if (this.here) return;
      if (found !== null) return found.focus();
    }
  }
}

async function find(host: ReactiveElement, id: string): Promise<HTMLElement | null> {
  await host.updateComplete;
  const found = host.renderRoot.querySelector<HTMLElement>(`#${id}`);
  if (found !== null) return found;
  for (const one of host.renderRoot.querySelectorAll('*')) {
    const within = one instanceof ReactiveElement ? await find(one, id) : null;
    if (within !== null) return within;
  }
  return null;
}
