/** What a button that copies does, and what it says of it for a moment. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

const SHOWN_MS = 2000;

export class Copying implements ReactiveController {
  /** True for a moment after the text was copied. */
  done = false;

  /** `text` gives what to copy when the button is pressed. */
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly text: () => string,
  ) {
    host.addController(this);
  }

  hostConnected(): void {}

  readonly copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(this.text());
    } catch {
      return; // The browser does not allow it: the text is there to select by hand.
    }
    this.#say(true);
    setTimeout(() => this.#say(false), SHOWN_MS);
  };

  #say(done: boolean): void {
    this.done = done;
    this.host.requestUpdate();
  }
}
