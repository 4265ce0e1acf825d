/** When to come back: after a wait that doubles with each coming back, not with each reason to; many at once are one. */

const FIRST_MS = 2_000;
const LONGEST_MS = 30_000;

export class Pace {
  #wait = FIRST_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly back: () => void) {}

  later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#wait = Math.min(this.#wait * 2, LONGEST_MS);
        this.back();
      },
      this.#wait * (0.8 + Math.random() * 0.4),
    );
  }

  /** The next wait is the shortest again: something has changed. */
  reset(): void {
    this.#wait = FIRST_MS;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
