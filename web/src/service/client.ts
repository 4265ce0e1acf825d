/** The API over fetch: one place for headers, time limits and errors. */

import { problemOf, Unreachable } from './problems.ts';

const PATIENCE_MS = 20_000;

export interface Access {
  /** A member's API key. */
  readonly key?: string;
  /** A recipient's read token. */
  readonly readToken?: string;
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export class Client {
  /** `origin` is '' for the page's own. */
  constructor(
    readonly origin: string = '',
    readonly access: Access = {},
  ) {}

  /** Returns the same client with other credentials. */
  with(access: Access): Client {
    return new Client(this.origin, access);
  }

  /** Returns the JSON of a GET; throws Problem or Unreachable. Values that are null or undefined are left out of `query`. */
  async get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    return this.#json<T>('GET', url(path, query), undefined, signal);
  }

  /** Returns the JSON that POST, PUT or DELETE is answered with; throws Problem or Unreachable. */
  async send<T>(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#json<T>(method, path, body, signal);
  }

  /** Returns every item of a paged list, following `next_cursor`; `most` bounds how many are read. */
  async *pages<T>(path: string, items: string, query: Query, signal?: AbortSignal): AsyncGenerator<T[]> {
    let cursor: string | null = null;
    do {
      const page: Record<string, unknown> = await this.get(path, { ...query, cursor }, signal);
      yield page[items] as T[];
      cursor = page.next_cursor as string | null;
    } while (cursor !== null);
  }

  /** Returns a streaming response, once its status is known to be good; no time limit on its body. */
  async open(
    path: string,
    query: Query,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Response> {
    const response = await this.#fetch(url(path, query), {
      headers: { ...this.#headers(), ...headers },
      signal,
    });
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  async #json<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    const limit = AbortSignal.timeout(PATIENCE_MS);
    const init: RequestInit = {
      method,
      headers: this.#headers(),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { ...this.#headers(), 'content-type': 'application/json' };
    }
    const response = await this.#fetch(path, init);
    if (!response.ok) throw await problemOf(response);
    try {
      return (await response.json()) as T;
    } catch (error) {
      throw aborted(signal, error) ?? new Unreachable('the answer broke off');
    }
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(this.origin + path, { ...init, cache: 'no-store', credentials: 'omit' });
    } catch (error) {
      throw aborted(init.signal ?? undefined, error) ?? new Unreachable('the service does not answer');
    }
  }

  #headers(): Record<string, string> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.access.key !== undefined) headers.authorization = `Bearer ${this.access.key}`;
    if (this.access.readToken !== undefined) headers['doorstep-read-token'] = this.access.readToken;
    return headers;
  }
}

/** Returns the error to pass on where the caller itself gave up; a time limit is the service's failure. */
function aborted(signal: AbortSignal | undefined, error: unknown): unknown {
  return signal?.aborted && (signal.reason as Error | undefined)?.name !== 'TimeoutError' ? error : null;
}

function url(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}
