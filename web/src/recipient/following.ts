/** Following one delivery live, with whichever token reads it now. */

import type { Hex } from '../core/hex.ts';
import type { Client } from '../service/client.ts';
import { follow, type StreamState } from '../service/stream.ts';

/** A line that stays cut for this long makes what is shown old news. */
const CUT_MS = 6_000;

export interface Listener {
  /** Something may be new: read again. */
  news(): void;
  /** The stream is there, perhaps after a cut. */
  live(): void;
  cut(): void;
  /** No stream for now: looking has to do. */
  queued(): void;
}

export class Following {
  readonly #client: Client;
  #token: string | null = null;
  #stream: AbortController | null = null;
  #cut: ReturnType<typeof setTimeout> | undefined;
  #tells = false;

  constructor(
    client: Client,
    private readonly deliveryId: Hex,
    private readonly listener: Listener,
  ) {
    this.#client = client;
  }

  /** Whether a stream tells what is new. */
  get tells(): boolean {
    return this.#tells;
  }

  /** Follows with this token from now on, in the place of any other. */
  with(token: string): void {
    if (this.#token === token) return;
    this.rest();
    this.#token = token;
    this.#stream = new AbortController();
    this.#tells = true;
    let first = true;
    const handlers = {
      entry: () => this.listener.news(),
      reset: () => {
        // What is shown was read just before following began.
        if (!first) this.listener.news();
        first = false;
      },
      state: (state: StreamState) => this.#heard(state),
      closed: () => {
        // Not opened again with this token; another one may read, and until then looking has to do.
        this.#tells = false;
        this.listener.news();
      },
    };
    const reader = this.#client.with({ readToken: token });
    follow(reader, { delivery: this.deliveryId }, handlers, this.#stream.signal);
  }

  /** Follows no more, until `with` is called again. */
  rest(): void {
    this.#stream?.abort();
    this.#token = null;
    clearTimeout(this.#cut);
  }

  #heard(state: StreamState): void {
    clearTimeout(this.#cut);
    this.#tells = state !== 'queued';
    if (state === 'queued') this.listener.queued();
    if (state === 'live') this.listener.live();
    if (state === 'waiting') this.#cut = setTimeout(() => this.listener.cut(), CUT_MS);
  }
}
