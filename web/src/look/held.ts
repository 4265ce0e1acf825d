/**
 * A list that holds still under its reader's eyes: rows that show change in place; what is new, and another order, wait
 * until they are asked for. Pure.
 */
export class Held<T> {
  #rows: readonly T[] = [];
  #latest: readonly T[] = [];

  /** `keyOf` says which row is which, whatever it says today. */
  constructor(private readonly keyOf: (row: T) => string | number) {}

  /** What shows, in the order that the reader knows. */
  get rows(): readonly T[] {
    return this.#rows;
  }

  /** What belongs into the list and does not show yet, in the list's order. */
  get waiting(): readonly T[] {
    const shown = this.#keys(this.#rows);
    return this.#latest.filter((row) => !shown.has(this.keyOf(row)));
  }

  /** What shows and does not belong into the list any more. */
  get left(): readonly T[] {
    const latest = this.#keys(this.#latest);
    return this.#rows.filter((row) => !latest.has(this.keyOf(row)));
  }

  /** Whether rows that show would stand in another order. */
  get reordered(): boolean {
    const shown = this.#keys(this.#rows);
    const latest = this.#keys(this.#latest);
    const now = this.#rows.map(this.keyOf).filter((key) => latest.has(key));
    const then = this.#latest.map(this.keyOf).filter((key) => shown.has(key));
    return now.some((key, at) => key !== then[at]);
  }

  /** Shows these rows, or what waits to be shown. */
  show(rows: readonly T[] = this.#latest): void {
    this.#rows = rows;
    this.#latest = rows;
  }

  /**
   * Takes the list as it is now. What shows keeps its place and takes its new values, from `known` where a row does not
   * belong into the list any more; a row of neither stays as it was.
   */
  offer(latest: readonly T[], known: readonly T[] = []): void {
    const values = new Map([...known, ...latest].map((row) => [this.keyOf(row), row]));
    this.#rows = this.#rows.map((row) => values.get(this.keyOf(row)) ?? row);
    this.#latest = latest;
  }

  /** Puts more rows at the end, as "show more" does. */
  append(rows: readonly T[]): void {
    const [shown, latest] = [this.#keys(this.#rows), this.#keys(this.#latest)];
    this.#rows = [...this.#rows, ...rows.filter((row) => !shown.has(this.keyOf(row)))];
    this.#latest = [...this.#latest, ...rows.filter((row) => !latest.has(this.keyOf(row)))];
  }

  /** Takes away what is not on the record any more. */
  drop(keys: ReadonlySet<string | number>): void {
    this.#rows = this.#rows.filter((row) => !keys.has(this.keyOf(row)));
    this.#latest = this.#latest.filter((row) => !keys.has(this.keyOf(row)));
  }

  #keys(rows: readonly T[]): ReadonlySet<string | number> {
    return new Set(rows.map(this.keyOf));
  }
}
