/** `<docs-page>`: the API's reference, made of what `/openapi.json` says. The address names what is opened. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import '../look/d-header.ts';
import '../look/d-state.ts';
import { Client } from '../service/client.ts';
import { Problem, Unreachable } from '../service/problems.ts';
import { catalogueOf, loadWords, type Words } from '../words/words.ts';
import { credential } from './curl.ts';
import './docs-contents.ts';
import './docs-operation.ts';
import { layout } from './docs-styles.ts';
import {
  type ApiDocument,
  byTag,
  isApiDocument,
  matches,
  named,
  type Operation,
  operationsOf,
} from './document.ts';
import { prose } from './prose.ts';
import { treeOf } from './schema.ts';
import { schemaStyles, schemaView } from './schema-view.ts';

const MESSAGES = catalogueOf(import.meta.glob('./messages/*.json', { import: 'default' }));
const WHERE = '/openapi.json';

@customElement('docs-page')
export class DocsPage extends LitElement {
  @state() private words: Words | null = null;
  @state() private document: ApiDocument | null = null;
  @state() private failure: unknown = null;
  @state() private query = '';
  @state() private here = '';
  #operations: readonly Operation[] = [];

  static override styles = [
    controls,
    layout,
    schemaStyles,
    css`
      main {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--d-5);
        max-inline-size: 80rem;
        margin: 0 auto;
        padding: var(--d-5) var(--d-5) var(--d-7);
      }
      h2 {
        padding-block-start: var(--d-3);
      }
      .tag::first-letter {
        text-transform: uppercase;
      }
      .aside {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--d-3);
        align-content: start;
      }
      #problems {
        scroll-margin-block-start: var(--d-3);
      }
      #problems:focus-visible {
        outline: none;
      }
      dl.schemes {
        display: grid;
        gap: var(--d-3);
      }
      @media (min-width: 60rem) {
        main.ready {
          grid-template-columns: 18rem minmax(0, 1fr);
          gap: var(--d-6);
        }
        .aside {
          position: sticky;
          inset-block-start: 0;
          max-block-size: 100dvh;
          margin: calc(-1 * var(--d-5)) calc(-1 * var(--d-2));
          padding: var(--d-5) var(--d-2);
          overflow-y: auto;
        }
      }
      @media (max-width: 30rem) {
        main {
          padding-inline: var(--d-4);
        }
      }
      @media print {
        .aside {
          display: none;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', this.#follow);
    addEventListener('online', this.#online);
    void this.#begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('hashchange', this.#follow);
    removeEventListener('online', this.#online);
  }

  override render() {
    const { words, document } = this;
    if (words === null) return html`<d-header here="docs"></d-header>`;
    return html`<d-header here="docs"></d-header>
      ${
        document === null
          ? html`<main><h1>${words.t('heading')}</h1>${this.#state(words)}</main>`
          : html`<main class="ready">${this.#aside(words)} ${this.#body(words, document)}</main>`
      }`;
  }

  #state(words: Words): TemplateResult {
    const { failure } = this;
    if (failure === null) return html`<d-state kind="loading" heading=${words.t('state.loading')}></d-state>`;
    const offline = failure instanceof Unreachable;
    const detail =
      failure instanceof Problem
        ? failure.detail
        : words.t(offline ? 'state.offline-detail' : 'state.error-detail');
    return html`<d-state
      kind=${offline ? 'offline' : 'error'}
      heading=${words.t(offline ? 'state.offline' : 'state.error')}
      detail=${detail}
      action=${words.t('state.again')}
      @act=${this.#load}
    ></d-state>`;
  }

  #aside(words: Words) {
    const found = this.#found;
    const count = { count: found.length, all: this.#operations.length };
    return html`<div class="aside">
      <div class="close" role="search">
        <label for="search">${words.t('search')}</label>
        <input id="search" type="search" autocomplete="off" .value=${this.query} @input=${this.#search} />
        <p class="soft small" role="status">${words.t(this.query === '' ? 'search.found' : 'search.of', count)}</p>
      </div>
      <docs-contents
        .operations=${found}
        .words=${words}
        here=${this.here}
        @chosen=${this.#chosen}
      ></docs-contents>
    </div>`;
  }

  #body(words: Words, document: ApiDocument) {
    const found = this.#found;
    return html`<div class="stack">
      ${this.query === '' ? this.#start(words, document) : html`<h1>${words.t('heading')}</h1>`}
      ${byTag(found).map(
        ([tag, operations]) => html`<section class="stack">
          <h2 class="tag">${tag}</h2>
          ${operations.map(
            (one) => html`<docs-operation
              data-id=${one.id}
              .document=${document}
              .operation=${one}
              .words=${words}
              @toggled=${this.#toggled}
            ></docs-operation>`,
          )}
        </section>`,
      )}
      ${
        found.length > 0
          ? this.#problems(words, document)
          : html`<d-state
              kind="empty"
              heading=${words.t('search.none')}
              detail=${words.t('search.none-detail')}
              action=${words.t('search.clear')}
              @act=${this.#clear}
            ></d-state>`
      }
    </div>`;
  }

  #start(words: Words, document: ApiDocument) {
    const { info, openapi, components } = document;
    const license = info.license?.name ?? '';
    return html`<div class="close">
        <h1>${words.t('heading')}</h1>
        <p class="soft small">
          ${words.t('facts', { version: info.version, openapi, license })} · <a href=${WHERE}>${words.t('raw')}</a>
        </p>
        ${prose(info.description ?? info.summary ?? '')}
      </div>
      <section class="close">
        <h2>${words.t('keys')}</h2>
        <dl class="schemes">
          ${Object.values(components?.securitySchemes ?? {}).map(
            (scheme) => html`<div>
              <dt><code>${credential(scheme)}</code></dt>
              <dd>${scheme.description}</dd>
            </div>`,
          )}
        </dl>
        ${prose(words.t('commands'))}
      </section>`;
  }

  #problems(words: Words, document: ApiDocument) {
    const problem = document.components?.schemas?.Problem;
    if (problem === undefined) return nothing;
    return html`<section id="problems" class="close" tabindex="-1">
      <h2>${words.t('problems')}</h2>
      <p>${words.t('problems.all')}</p>
      <div class="line"><code>application/problem+json</code></div>
      <div class="card">${schemaView(words, treeOf(document, problem))}</div>
    </section>`;
  }

  get #found(): Operation[] {
    return this.#operations.filter((one) => matches(one, this.query));
  }

  async #begin(): Promise<void> {
    this.words = await loadWords(MESSAGES);
    document.documentElement.lang = this.words.language;
    document.title = `${this.words.t('title')} · Doorstep`;
    await this.#load();
  }

  #load = async () => {
    this.failure = null;
    try {
      const found = await new Client().get<unknown>(WHERE);
      if (!isApiDocument(found)) throw new TypeError(WHERE);
      this.#operations = operationsOf(found);
      this.document = found;
    } catch (error) {
      this.failure = error;
      return;
    }
    await this.#follow();
  };

  #online = () => {
    if (this.document === null) void this.#load();
  };

  /** Opens what the address names, and brings it before the reader. */
  #follow = async () => {
    const found = named(this.#operations, location.hash);
    this.here = found?.id ?? '';
    if (found !== null && !matches(found, this.query)) this.query = '';
    if (location.hash === '#problems') this.query = '';
    await this.updateComplete;
    if (found !== null) await this.#element(found.id)?.show();
    if (location.hash === '#problems') this.renderRoot.querySelector<HTMLElement>('#problems')?.focus();
  };

  /** A link to where the address is already changes nothing in it; it is followed all the same. */
  #chosen = (event: CustomEvent<string>) => {
    if (event.detail === location.hash) void this.#follow();
  };

  #toggled = (event: Event) => {
    const { open, operation } = event.target as HTMLElementTagNameMap['docs-operation'];
    if (!open || operation === null) return;
    // So that the address can be passed on; each look is no step to go back through.
    history.replaceState(history.state, '', `#${operation.id}`);
    this.here = operation.id;
  };

  #search = (event: Event) => {
    this.query = (event.target as HTMLInputElement).value.trim();
  };

  #clear = async () => {
    this.query = '';
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLInputElement>('#search')?.focus();
  };

  #element(id: string): HTMLElementTagNameMap['docs-operation'] | null {
    return this.renderRoot.querySelector(`docs-operation[data-id="${CSS.escape(id)}"]`);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'docs-page': DocsPage;
  }
}
