/** What a view reads from the service: loading, ready or failed; the last one asked for wins. */

import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { Problem, Unreachable } from '../service/problems.ts';
import type { Words } from '../words/words.ts';

export class Load<T> implements ReactiveController {
  value: T | null = null;
  error: unknown = null;
  /** Whether a reading is under way, be it over a value that still shows. */
  busy = false;
  #key: string | null = null;
  #running: AbortController | null = null;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly read: (signal: AbortSignal) => Promise<T>,
  ) {
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#running?.abort();
  }

  /** Reads where `key` is another than before: the value goes only where `keep` is not said. To be called from `willUpdate`. */
  want(key: string, keep = false): void {
    if (key === this.#key) return;
    this.#key = key;
    if (!keep) this.value = null;
    void this.again();
  }

  /** Reads again; what is there stays to be seen until the answer comes. */
  async again(): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.busy = true;
    this.host.requestUpdate();
    try {
      this.value = await this.read(running.signal);
      this.error = null;
    } catch (error) {
      if (running.signal.aborted) return;
      this.error = error;
    }
    if (this.#running !== running) return;
    this.busy = false;
    this.host.requestUpdate();
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
