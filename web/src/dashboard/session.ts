/** Who is signed in, and reading as them. The key lives in this object alone: nothing of it is stored. */

import type { Client, Query } from '../service/client.ts';
import type { Ledger, Member } from '../service/models.ts';
import { Problem } from '../service/problems.ts';
import type { Words } from '../words/words.ts';
import type { Kept } from './load.ts';

/** Why a session is over. */
export type Ending = 'left' | 'revoked';

export interface Page<T> {
  readonly items: readonly T[];
  /** Where it goes on; null at the end. */
  readonly next: string | null;
}

const MOST_CALLS = 8;

export class Session {
  readonly #over = new AbortController();
  /** What lists showed when they were left, for the way back: by list, with what it was asked for. */
  readonly left = new Map<string, Kept>();

  constructor(
    readonly client: Client,
    readonly me: Member,
    readonly ledger: Ledger,
    readonly words: Words,
    private readonly ended: (why: Ending) => void,
  ) {}

  /** Aborts when the session is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  is(role: Member['roles'][number]): boolean {
    return this.me.roles.includes(role);
  }

  /** Whether texts of recipients are shown to this member at all. */
  get readsComments(): boolean {
    return this.is('shipper') || this.is('carrier');
  }

  /** Returns a GET's JSON. A key that is not taken any more ends the session; the Problem is thrown then too. */
  async get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    const until = signal === undefined ? this.signal : AbortSignal.any([signal, this.signal]);
    try {
      return await this.client.get<T>(path, query, until);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.end('revoked');
      throw error;
    }
  }

  /**
   * Returns a page of a list, from `cursor` on. A search may look at so much and find nothing yet: then it is led on, up
   * to a bound, so that an empty page with a successor is rare.
   */
  async page<T>(path: string, items: string, query: Query, signal?: AbortSignal): Promise<Page<T>> {
    let cursor = query.cursor ?? null;
    for (let call = 1; ; call++) {
      const answer: Record<string, unknown> = await this.get(path, { ...query, cursor }, signal);
      const found = answer[items] as T[];
      cursor = answer.next_cursor as string | null;
      if (found.length > 0 || cursor === null || call === MOST_CALLS) return { items: found, next: cursor };
    }
  }

  /** Ends it, once: what runs is aborted, and the page told. */
  end(why: Ending): void {
    if (this.signal.aborted) return;
    this.#over.abort();
    this.ended(why);
  }

  /** Returns a member's name with its number; `short`, the name alone. */
  nameOf(member: number, short = false): string {
    const name = this.ledger.members.find((one) => one.member === member)?.name;
    if (short && name !== undefined) return name;
    return this.words.t(name === undefined ? 'member.number' : 'member.named', {
      name: name ?? '',
      number: String(member),
    });
  }
}
