/** What every part of the explorer is given, and how its parts load. */

import {
  html,
  nothing,
  type ReactiveController,
  type ReactiveControllerHost,
  type TemplateResult,
} from 'lit';
import type { Client } from '../service/client.ts';
import type { Ledger } from '../service/models.ts';
import { Problem, Unreachable } from '../service/problems.ts';
import type { Words } from '../words/words.ts';

/** `/v1/status`, as far as it is shown here. */
export interface Status {
  readonly ready: boolean;
  readonly engine: string | null;
  readonly chain_id: number;
  readonly ledger: string;
  readonly indexed_block: number | null;
  readonly indexed_block_time: string | null;
  readonly lag: number | null;
  readonly index_halted: string | null;
}

export interface Context {
  readonly client: Client;
  readonly words: Words;
  readonly ledger: Ledger;
  readonly status: Status;
}

/** Draws the way to a place of the dashboard; beside this page, where a key would go with it. */
export function dashboardLink({ words, client }: Context, path: string): TemplateResult {
  return html`<a class="touch small" href=${`/dashboard/${path}`} target=${client.access.key === undefined ? nothing : '_blank'}
    >${words.t('dashboard')}</a
  >`;
}

/** One thing that an element loads: the last run wins, and nothing outlives the element. */
export class Loader<T> implements ReactiveController {
  value: T | null = null;
  failure: unknown = null;
  loading = false;
  #abort = new AbortController();

  constructor(readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#abort.abort();
  }

  /** Runs `task` in place of the one before; keeps the last value meanwhile unless `anew`. */
  async run(task: (signal: AbortSignal) => Promise<T>, anew = true): Promise<void> {
    this.#abort.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.loading = true;
    this.failure = null;
    if (anew) this.value = null;
    this.host.requestUpdate();
    try {
      const value = await task(abort.signal);
      if (abort.signal.aborted) return;
      this.value = value;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.failure = error;
    }
    this.loading = false;
    this.host.requestUpdate();
  }
}

/** Returns the state to show in place of what is loading, or could not be loaded. */
export function stateOf(words: Words, failure: unknown, again: () => void): TemplateResult {
  if (failure === null) return html`<d-state kind="loading" heading=${words.t('state.loading')}></d-state>`;
  const offline = failure instanceof Unreachable;
  const refused = failure instanceof Problem && failure.status === 401;
  return html`<d-state
    kind=${offline ? 'offline' : 'error'}
    heading=${words.t(offline ? 'state.offline' : refused ? 'state.refused' : 'state.error')}
    detail=${offline ? words.t('state.offline-detail') : failure instanceof Problem ? failure.detail : words.t('state.error-detail')}
    action=${words.t('state.again')}
    @act=${again}
  ></d-state>`;
}

/** Returns the value of a request; null where the service answers 401, 403 or 404: not for this reader, or not there. */
export async function orNothing<T>(request: Promise<T>): Promise<T | null> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Problem && [401, 403, 404].includes(error.status)) return null;
    throw error;
  }
}
