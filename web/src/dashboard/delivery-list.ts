/** The list of deliveries as it stands and as it moves: rows that show are kept current, new ones wait to be asked for. */

import type { ReactiveControllerHost } from 'lit';
import { Held } from '../look/held.ts';
import type { Delivery } from '../service/models.ts';
import { Problem } from '../service/problems.ts';
import type { Moved } from './live.ts';
import { Load } from './load.ts';
import type { Page } from './session.ts';

export const PAGE = 50;
/** Of the service, for one page of a list. */
const LARGEST_PAGE = 1000;
/** How many rows are read one by one at a time, where they left the list that is read again. */
const ONE_BY_ONE = 8;

export interface Reading {
  /** A page of the list that the filters name. */
  page(cursor: string | null, limit: number, signal?: AbortSignal): Promise<Page<Delivery>>;
  /** One delivery as it is now. */
  one(id: string, signal: AbortSignal): Promise<Delivery>;
  /** The last block that what is read now is sure to hold. */
  block(): number | null;
}

/** What was read at once. */
interface Found {
  readonly page: Page<Delivery>;
  /** Rows that show and are not on the page, as they are now. */
  readonly known: readonly Delivery[];
  /** Rows that show and are on the record no more. */
  readonly gone: ReadonlySet<string>;
  readonly block: number | null;
}

export class DeliveryList {
  readonly held = new Held<Delivery>((one) => one.delivery_id);
  readonly load: Load<Found>;
  /** Where the list goes on; null at its end. */
  next: string | null = null;
  /** Which rows may be others than they show; null for any, as when a list is shown again that was left. */
  #moved: Set<string> | null = null;

  constructor(
    host: ReactiveControllerHost,
    private readonly reading: Reading,
  ) {
    this.load = new Load(
      host,
      (signal) => this.#read(signal),
      (found, anew) => this.#take(found, anew),
    );
  }

  /** What shows, as if it had been read at once; null before anything was. */
  get found(): Found | null {
    if (this.load.value === null) return null;
    const page = { items: this.held.rows, next: this.next };
    return { ...this.load.value, page, known: [], gone: new Set() };
  }

  /** Reads what changed; the rows that show stay where they are. */
  moved(moved: Moved): void {
    if (moved === null) this.#moved = null;
    else for (const id of moved) this.#moved?.add(id);
    this.load.renew();
  }

  /** Reads the page after the last; throws what the service answers. */
  async more(): Promise<void> {
    const before = this.load.value;
    const { items, next } = await this.reading.page(this.next, PAGE);
    if (this.load.value === null || before === null) return;
    this.held.append(items);
    this.next = next;
  }

  async #read(signal: AbortSignal): Promise<Found> {
    const shown = this.load.value === null ? [] : this.held.rows;
    const moved = this.#moved;
    this.#moved = new Set();
    try {
      const block = this.reading.block();
      const limit = shown.length === 0 ? PAGE : Math.min(shown.length + PAGE, LARGEST_PAGE);
      const page = await this.reading.page(null, limit, signal);
      const there = new Set(page.items.map((one) => one.delivery_id));
      const away = shown.filter(
        (one) => !there.has(one.delivery_id) && (moved?.has(one.delivery_id) ?? true),
      );
      return { page, ...(await this.#oneByOne(away, signal)), block };
    } catch (error) {
      // What was to be read still is, be it at the next entry or the next try.
      this.#moved = moved === null || this.#moved === null ? null : new Set([...moved, ...this.#moved]);
      throw error;
    }
  }

  async #oneByOne(rows: readonly Delivery[], signal: AbortSignal): Promise<Pick<Found, 'known' | 'gone'>> {
    const known: Delivery[] = [];
    const gone = new Set<string>();
    for (let at = 0; at < rows.length; at += ONE_BY_ONE)
      await Promise.all(
        rows.slice(at, at + ONE_BY_ONE).map(async ({ delivery_id }) => {
          try {
            known.push(await this.reading.one(delivery_id, signal));
          } catch (error) {
            if (!(error instanceof Problem && error.status === 404)) throw error;
            gone.add(delivery_id);
          }
        }),
      );
    return { known, gone };
  }

  #take({ page, known, gone }: Found, anew: boolean): void {
    const { held } = this;
    held.drop(gone);
    if (anew || held.rows.length === 0) {
      held.show(page.items);
      this.next = page.next;
      return;
    }
    const shown = new Set(held.rows.map((one) => one.delivery_id));
    const reached = page.items.findLastIndex((one) => shown.has(one.delivery_id));
    // What was read beyond the last row that shows is for "show more", not new.
    const items = this.next === null || reached < 0 ? page.items : page.items.slice(0, reached + 1);
    // What shows beyond what was read stays in the list, unless it was just seen to have left it.
    const listed = new Set([...items, ...known].map((one) => one.delivery_id));
    const last = held.rows.findLastIndex((one) => one.delivery_id === page.items[reached]?.delivery_id);
    const beyond =
      page.next === null ? [] : held.rows.slice(last + 1).filter((one) => !listed.has(one.delivery_id));
    held.offer([...items, ...beyond], known);
    if (this.next === null && beyond.length === 0) this.next = page.next;
  }
}
