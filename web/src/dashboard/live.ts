/**
 * The session's one live line: tells views that figures may have changed, and keeps the inbox of serious feedback.
 *
 * Events: `state` (the line's state), `changed` (the record moved; `CustomEvent<Moved>`), `inbox` (what `inbox`, `unseen` or
 * `trouble` say is another), `serious` (new serious feedback came by itself; `CustomEvent<FeedbackEntry>`).
 */

import type { Entry, FeedbackEntry } from '../service/models.ts';
import { follow, type StreamState } from '../service/stream.ts';
import { feedbackOf, isSerious, type Mark, markText, merged, parseMark, unseen } from './serious.ts';
import type { Session } from './session.ts';

const PAGE = 50;
const GATHER_MS = 300;

/** The deliveries that entries came for; null where any may have changed (a rewind, or the line is new). */
export type Moved = ReadonlySet<string> | null;

export class Live extends EventTarget {
  state: StreamState = 'connecting';
  /** Newest first. */
  inbox: readonly FeedbackEntry[] = [];
  loaded = false;
  trouble: unknown = null;
  seen: Mark | null;
  #cursor: string | null = null;
  /** The record as this line has told of it reaches this block, at least. */
  block: number | null;
  #moved = new Set<string>();
  #gathering: ReturnType<typeof setTimeout> | undefined;

  /** `known`: the block up to which the record was indexed before anything was read. */
  constructor(
    readonly session: Session,
    private readonly known: number | null = null,
  ) {
    super();
    this.block = known;
    this.seen = parseMark(read(this.#place));
    session.signal.addEventListener('abort', () => clearTimeout(this.#gathering));
  }

  /** Begins to read and to follow, until the session is over. */
  start(): void {
    void this.reload();
    let first = true;
    const member = this.session.is('reviewer') ? null : this.session.me.member;
    follow(
      this.session.client,
      { member },
      {
        entry: (entry) => this.#came(entry),
        block: (block) => {
          this.block = block;
        },
        reset: () => {
          // The line begins where everything was read from.
          const isOld = first && this.block !== null && this.block === this.known;
          first = false;
          if (isOld) return;
          void this.reload();
          this.#tellMoved(null);
        },
        state: (state) => {
          this.state = state;
          this.#tell('state');
        },
        closed: (problem) => {
          if (problem.status === 401 || problem.status === 403) this.session.end('revoked');
          else this.#fails(problem);
        },
      },
      this.session.signal,
      // Who keeps the dashboard in a tab sees the count of what came in its title.
      { unseen: true },
    );
  }

  get unseen(): number {
    return unseen(this.inbox, this.seen);
  }

  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  /** Reads the inbox from its newest on. */
  async reload(): Promise<void> {
    await this.#read(null);
  }

  /** Reads what is older than what is here. */
  async more(): Promise<void> {
    if (this.#cursor !== null) await this.#read(this.#cursor);
  }

  /** Takes all that is here as seen; only the place of the newest is kept on this device. */
  markSeen(): void {
    const newest = this.inbox[0];
    if (newest === undefined) return;
    this.seen = { block: newest.block, log_index: newest.log_index };
    keep(this.#place, markText(this.seen));
    this.#tell('inbox');
  }

  async #read(cursor: string | null): Promise<void> {
    try {
      const query = { serious: true, limit: PAGE, cursor };
      const page = await this.session.page<FeedbackEntry>('/v1/feedback', 'feedback', query);
      this.inbox = cursor === null ? page.items : merged(this.inbox, page.items);
      this.#cursor = page.next;
      this.loaded = true;
      this.trouble = null;
      this.#tell('inbox');
    } catch (error) {
      this.#fails(error);
    }
  }

  #came(entry: Entry): void {
    if (entry.delivery_id !== null) this.#moved.add(entry.delivery_id);
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#tellMoved(this.#moved);
      this.#moved = new Set();
    }, GATHER_MS);
    const item = feedbackOf(entry);
    if (item === null || entry.delivery_id === null) return;
    // Another revision also takes an earlier one's place, be it serious or not.
    const known = this.inbox.some((one) => one.delivery_id === entry.delivery_id);
    if (isSerious(item) || known) void this.#fetch(entry);
  }

  async #fetch(entry: Entry): Promise<void> {
    try {
      const query = { delivery: entry.delivery_id };
      const page = await this.session.page<FeedbackEntry>('/v1/feedback', 'feedback', query);
      this.inbox = merged(
        this.inbox,
        page.items.filter((one) => one.serious),
      );
      this.#tell('inbox');
      const came = page.items.find(
        (one) => one.serious && one.block === entry.block && one.log_index === entry.log_index,
      );
      if (came !== undefined) this.dispatchEvent(new CustomEvent('serious', { detail: came }));
    } catch (error) {
      this.#fails(error);
    }
  }

  #fails(error: unknown): void {
    if (this.session.signal.aborted) return;
    this.trouble = error;
    this.#tell('inbox');
  }

  #tell(what: 'state' | 'inbox'): void {
    if (!this.session.signal.aborted) this.dispatchEvent(new Event(what));
  }

  #tellMoved(detail: Moved): void {
    if (!this.session.signal.aborted) this.dispatchEvent(new CustomEvent('changed', { detail }));
  }

  get #place(): string {
    return `doorstep/inbox-seen/${this.session.ledger.domain.verifyingContract}/${this.session.me.member}`;
  }
}

function read(place: string): string | null {
  try {
    return localStorage.getItem(place);
  } catch {
    return null; // The browser keeps nothing for this page: all is new, then.
  }
}

function keep(place: string, text: string): void {
  try {
    localStorage.setItem(place, text);
  } catch {
    // As above: it holds until the page is left.
  }
}
