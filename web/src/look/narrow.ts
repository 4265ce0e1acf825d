/** Whether the window is narrow, for what is then drawn otherwise. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class Narrow implements ReactiveController {
  readonly #media: MediaQueryList;

  /** `query` is a media query that holds where it is narrow; the host is drawn again whenever that changes. */
  constructor(
    private readonly host: ReactiveControllerHost,
    query: string,
  ) {
    this.#media = matchMedia(query);
    host.addController(this);
  }

  get is(): boolean {
    return this.#media.matches;
  }

  hostConnected(): void {
    this.#media.addEventListener('change', this.#changed);
  }

  hostDisconnected(): void {
    this.#media.removeEventListener('change', this.#changed);
  }

  #changed = () => this.host.requestUpdate();
}
