/**
 * The live record: `GET /v1/stream`, read over fetch so that keys travel in headers.
 *
 * A cut is mended from the last id received: every entry comes once. No byte for 40 s means a dead line. A page out of
 * sight is not followed for; what it missed comes when it is looked at again.
 */

import { createParser } from 'eventsource-parser';
import type { Client, Query } from './client.ts';
import { inSight, outOfSight, withLine } from './lines.ts';
import type { Entry } from './models.ts';
import { Problem, problemFrom } from './problems.ts';

const SILENCE_MS = 40_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const OUT_OF_SIGHT_MS = 10_000;

/** `queued`: other streams of this browser have all its lines; until one is free, looking now and then has to do. */
export type StreamState = 'queued' | 'connecting' | 'live' | 'waiting';

export interface StreamHandlers {
  /** A new entry of the record, in chain order, once. */
  entry(entry: Entry): void;
  /** What was sent may stand no more (a rewind): read everything again. Also said at the first connection. */
  reset?(): void;
  /** The record has come as far as this block, in all that this stream tells of. */
  block?(block: number): void;
  state?(state: StreamState): void;
  /** Nothing more will come: the key or token is not valid (any more). */
  closed?(problem: Problem): void;
}

/**
 * Follows the record until `signal` aborts; returns at once. Reconnects by itself, at once when the line comes back.
 * `unseen`: follows on while the page is out of sight.
 */
export function follow(
  client: Client,
  query: Query,
  handlers: StreamHandlers,
  signal: AbortSignal,
  { unseen = false } = {},
): void {
  void run(client, query, handlers, signal, unseen ? Number.POSITIVE_INFINITY : OUT_OF_SIGHT_MS);
}

async function run(
  client: Client,
  query: Query,
  handlers: StreamHandlers,
  signal: AbortSignal,
  patience: number,
): Promise<void> {
  let last: string | null = null;
  let wait = FIRST_WAIT_MS;
  while (!signal.aborted) {
    if (patience !== Number.POSITIVE_INFINITY) await inSight(signal);
    const sight = outOfSight(patience);
    const until = AbortSignal.any([signal, sight.signal]);
    const received = (id: string) => {
      last = id;
      wait = FIRST_WAIT_MS;
    };
    const connect = () => {
      handlers.state?.('connecting');
      return once(client, query, handlers, until, last, received);
    };
    try {
      await withLine(until, connect, () => handlers.state?.('queued'));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && !error.retryable) {
        handlers.closed?.(error);
        return;
      }
    } finally {
      sight.done();
    }
    if (signal.aborted) return;
    if (sight.signal.aborted) continue;
    handlers.state?.('waiting');
    await pause(wait * (0.75 + Math.random() / 2), signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

async function once(
  client: Client,
  query: Query,
  handlers: StreamHandlers,
  signal: AbortSignal,
  last: string | null,
  received: (id: string) => void,
): Promise<void> {
  const dead = new AbortController();
  let timer = setTimeout(() => dead.abort(), SILENCE_MS);
  try {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (last !== null) headers['last-event-id'] = last;
    const response = await client.open('/v1/stream', query, headers, AbortSignal.any([signal, dead.signal]));
    let closed: Problem | null = null;
    const parser = createParser({
      onEvent(event) {
        const data = JSON.parse(event.data) as Record<string, unknown>;
        if (typeof data.block === 'number') handlers.block?.(data.block);
        if (event.event === 'entry') handlers.entry(data as unknown as Entry);
        else if (event.event === 'rewound' || (event.event === 'ready' && last === null)) handlers.reset?.();
        else if (event.event === 'closed') closed = problemFrom(Number(data.status) || 401, data);
        if (event.id !== undefined) received(event.id);
        if (event.event === 'ready') handlers.state?.('live');
      },
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const text = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => dead.abort(), SILENCE_MS);
      parser.feed(text.decode(value, { stream: true }));
      if (closed !== null) throw closed;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Waits, but not past the moment when the device says that it is online again. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    globalThis.addEventListener?.('online', done);
    signal.addEventListener('abort', done);
  });
}
