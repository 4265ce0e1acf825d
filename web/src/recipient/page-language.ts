/** The language of the page around an element, also where it changes. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Has its host update whenever a `lang` changes above it. */
export class PageLanguage implements ReactiveController {
  readonly #observer = new MutationObserver(() => this.host.requestUpdate());

  constructor(private readonly host: ReactiveControllerHost & Element) {
    host.addController(this);
  }

  /** What the nearest ancestor with a `lang` says, over shadow roots; '' where none says any. */
  get now(): string {
    for (let at: Node | null = above(this.host); at !== null; at = above(at))
      if (at instanceof Element && at.hasAttribute('lang')) return at.getAttribute('lang') ?? '';
    return '';
  }

  hostConnected(): void {
    for (let at: Node | null = above(this.host); at !== null; at = above(at))
      if (above(at) === null || at instanceof ShadowRoot)
        this.#observer.observe(at, { attributes: true, attributeFilter: ['lang'], subtree: true });
  }

  hostDisconnected(): void {
    this.#observer.disconnect();
  }
}

function above(node: Node): Node | null {
  return node instanceof ShadowRoot ? node.host : node.parentNode;
}
