/** `<docs-contents>`: every operation by feature, as links; folded on a phone, always seen where there is room. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Words } from '../words/words.ts';
import { layout } from './docs-styles.ts';
import { byTag, type Operation } from './document.ts';

/** Properties: `operations`, `words`, `here` (the id of the one that the address names). Event: `chosen`, with the link. */
@customElement('docs-contents')
export class DocsContents extends LitElement {
  @property({ attribute: false }) operations: readonly Operation[] = [];
  @property({ attribute: false }) words: Words | null = null;
  @property() here = '';
  @state() private unfolded = false;

  static override styles = [
    controls,
    layout,
    css`
      nav > button {
        inline-size: 100%;
      }
      #list {
        display: grid;
        gap: var(--d-4);
      }
      #list.folded {
        display: none;
      }
      ul {
        list-style: none;
        padding: 0;
      }
      .tag {
        display: block;
        padding-block-end: var(--d-1);
        font-size: var(--d-text-s);
        font-weight: 700;
      }
      .tag::first-letter {
        text-transform: uppercase;
      }
      a {
        display: flex;
        align-items: baseline;
        gap: var(--d-2);
        padding: 0.3rem var(--d-2);
        border-radius: var(--d-radius-s);
        color: var(--d-ink);
        font-size: var(--d-text-s);
        text-decoration: none;
      }
      a:hover {
        background: var(--d-raised);
      }
      a[aria-current] {
        background: var(--d-accent-soft);
        font-weight: 600;
      }
      .method {
        inline-size: 5em;
        padding-inline: 0;
        font-size: 0.65rem;
      }
      @media (min-width: 60rem) {
        nav > button {
          display: none;
        }
        #list,
        #list.folded {
          display: grid;
        }
      }
      @media (max-width: 59.99rem) {
        #list {
          padding-block-start: var(--d-3);
        }
        a {
          min-block-size: var(--d-touch);
          align-items: center;
        }
      }
    `,
  ];

  override render() {
    const { words } = this;
    if (words === null) return nothing;
    return html`<nav aria-label=${words.t('contents')}>
      <button aria-expanded=${this.unfolded} aria-controls="list" @click=${this.#fold}>${words.t('contents')}</button>
      <div id="list" class=${this.unfolded ? '' : 'folded'} @click=${this.#chosen}>
        ${byTag(this.operations).map(
          ([tag, operations]) => html`<div>
            <span class="tag" id=${tag.replaceAll(' ', '-')}>${tag}</span>
            <ul aria-labelledby=${tag.replaceAll(' ', '-')}>
              ${operations.map(
                (one) => html`<li>
                  <a href="#${one.id}" aria-current=${one.id === this.here ? 'location' : nothing}
                    ><span class="method ${one.method.toLowerCase()}">${one.method}</span>
                    <span>${one.summary}</span></a
                  >
                </li>`,
              )}
            </ul>
          </div>`,
        )}
        <a href="#problems">${words.t('problems')}</a>
      </div>
    </nav>`;
  }

  #fold = () => {
    this.unfolded = !this.unfolded;
  };

  #chosen = (event: Event) => {
    const link = event.composedPath().find((one) => one instanceof HTMLAnchorElement);
    if (link === undefined) return;
    this.unfolded = false;
    this.dispatchEvent(new CustomEvent('chosen', { detail: link.hash }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'docs-contents': DocsContents;
  }
}
