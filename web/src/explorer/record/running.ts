/** Checks a head over all pages of its entries, in slices short enough for the page to stay awake. No DOM. */

import type { Hex } from '../../core/hex.ts';
import type { Client } from '../../service/client.ts';
import type { Entry } from '../../service/models.ts';
import { type Difference, type Following, following, HeadCheck, type Owner } from './heads.ts';

const SLICE_MS = 10;
const PAGE = 1000;

export interface Checked {
  readonly of: Owner;
  readonly count: number;
  readonly head: Hex;
  /** The last block that the index knew of when the last page was read. */
  readonly block: number | null;
  readonly difference: Difference | null;
  readonly following: Following;
  /** Every head on the way, so that a node's can be found among them. */
  readonly heads: readonly string[];
}

export interface Page {
  readonly entries: readonly Entry[];
  readonly indexed_block: number | null;
}

/** Yields all pages of the entries that extended a head, oldest first. */
export async function* pagesOf(client: Client, of: Owner, signal: AbortSignal): AsyncGenerator<Page> {
  const query = of.kind === 'driver' ? { driver: of.number } : { driver: 0, member: of.number };
  let cursor: string | null = null;
  do {
    const page: Page & { next_cursor: string | null } = await client.get(
      '/v1/history',
      { ...query, limit: PAGE, cursor },
      signal,
    );
    // A carrier may be the shipper of deliveries that others carry: their openings extend the others' heads.
    const entries = page.entries.filter((one) => of.kind === 'driver' || one.head_of.carrier === of.number);
    yield { entries, indexed_block: page.indexed_block };
    cursor = page.next_cursor;
  } while (cursor !== null);
}

/** Recomputes the head; `progress` hears of every slice. Throws what reading throws, and the signal's reason. */
export async function checkHead(
  pages: AsyncIterable<Page>,
  of: Owner,
  progress: (count: number, last: Entry) => void,
  signal: AbortSignal,
): Promise<Checked> {
  const check = new HeadCheck(of);
  const heads: string[] = [];
  let block: number | null = null;
  let difference: Difference | null = null;
  let since = performance.now();
  const done = (next: Entry | null): Checked => ({
    of,
    count: check.count,
    head: check.head,
    block,
    difference,
    following: difference === null ? 'unknown' : following(difference, next),
    heads,
  });
  for await (const page of pages) {
    block = page.indexed_block;
    for (const entry of page.entries) {
      if (difference !== null) return done(entry);
      difference = check.take(entry);
      if (difference === null) heads.push(check.head);
      if (performance.now() - since > SLICE_MS) {
        progress(check.count, entry);
        await breath();
        signal.throwIfAborted();
        since = performance.now();
      }
    }
  }
  return done(null);
}

/** Lets the page paint and answer, then goes on. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}
