/** What a view reads from the service: loading, ready or failed; the last one asked for wins. */

import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { Problem, Unreachable } from '../service/problems.ts';
import type { Words } from '../words/words.ts';

/** Reading again is at least so long after the last time, however much is recorded, and three times as long as it took. */
const REST_MS = 1500;
const REST_FACTOR = 3;

/** A value that showed before, with what it was asked for and when it was read. */
export interface Kept {
  readonly key: string;
  readonly value: unknown;
  readonly at: number;
}

export class Load<T> implements ReactiveController {
  value: T | null = null;
  error: unknown = null;
  /** When `value` was read; milliseconds since 1970. */
  at = 0;
  /** Whether a reading is under way, be it over a value that still shows. */
  busy = false;
  /** What `value` was asked for. */
  key: string | null = null;
  #running: AbortController | null = null;
  #resting: ReturnType<typeof setTimeout> | null = null;
  #owed = false;

  /** `taken` is told of each value as it comes; `anew` where nothing showed before it. */
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly read: (signal: AbortSignal) => Promise<T>,
    private readonly taken: (value: T, anew: boolean) => void = () => {},
  ) {
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#running?.abort();
    this.#rest(null);
  }

  /**
   * Reads where `key` is another than before; until the answer comes there is nothing, or what `kept` holds of the same
   * key. To be called from `willUpdate`.
   */
  want(key: string, kept?: Kept): void {
    if (key === this.key) return;
    this.key = key;
    this.value = null;
    if (kept?.key === key) {
      this.value = kept.value as T;
      this.at = kept.at;
      this.taken(this.value, true);
    }
    void this.again();
  }

  /**
   * Reads again, as the record has moved: not while a reading is under way or has only just been, or a busy record would
   * cut each short. What is there stays to be seen, also where it fails.
   */
  renew(): void {
    if (this.busy || this.#resting !== null) this.#owed = true;
    else void this.again();
  }

  /** Reads again at once; what is there stays to be seen until the answer comes. */
  async again(): Promise<void> {
    this.#running?.abort();
    this.#rest(null);
    const began = performance.now();
    const running = new AbortController();
    this.#running = running;
    this.busy = true;
    this.host.requestUpdate();
    try {
      const value = await this.read(running.signal);
      if (this.#running !== running) return;
      const anew = this.value === null;
      this.value = value;
      this.at = Date.now();
      this.error = null;
      this.taken(value, anew);
    } catch (error) {
      if (running.signal.aborted) return;
      this.error = error;
    }
    this.busy = false;
    this.#rest(Math.max(REST_MS, REST_FACTOR * (performance.now() - began)));
    this.host.requestUpdate();
  }

  #rest(milliseconds: number | null): void {
    if (this.#resting !== null) clearTimeout(this.#resting);
    this.#resting = null;
    if (milliseconds === null) {
      this.#owed = false;
      return;
    }
    this.#resting = setTimeout(() => {
      this.#resting = null;
      if (!this.#owed) return;
      this.#owed = false;
      void this.again();
    }, milliseconds);
  }

  /** Returns what to show instead of a value, or null where there is one. */
  instead(words: Words, subject: string): TemplateResult | null {
    if (this.value !== null) return null;
    if (this.error === null)
      return html`<d-state kind="loading" heading=${words.t('state.loading', { what: subject })}></d-state>`;
    return trouble(words, this.error, () => void this.again());
  }
}

/** Returns what went wrong and what to do about it. */
export function trouble(words: Words, error: unknown, again: () => void): TemplateResult {
  if (error instanceof Problem && error.status === 404)
    return html`<d-state kind="empty" heading=${words.t('state.not-found')} detail=${error.detail}></d-state>`;
  const offline = error instanceof Unreachable;
  const heading = words.t(offline ? 'state.offline' : 'state.failed');
  const detail = offline
    ? words.t('state.offline.detail')
    : words.t('state.failed.detail', { detail: error instanceof Error ? error.message : String(error) });
  return html`<d-state
    kind=${offline ? 'offline' : 'error'}
    heading=${heading}
    detail=${detail}
    action=${words.t('state.again')}
    @act=${again}
  ></d-state>`;
}
