/** `<docs-operation>`: one operation, its line always seen, the rest when it is opened. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Words } from '../words/words.ts';
import { commandsOf, exampleOf } from './curl.ts';
import './docs-code.ts';
import { layout } from './docs-styles.ts';
import type { Answer, ApiDocument, Content, Media, Operation } from './document.ts';
import { examples, whoMayCall, withSchemes } from './parts.ts';
import { prose } from './prose.ts';
import { type Field, treeOf } from './schema.ts';
import { fieldsView, schemaStyles, schemaView } from './schema-view.ts';

const PROBLEM = 400;

/** Properties: `document`, `operation`, `words`, `open`. Event: `toggled`, when the reader opens or closes it. */
@customElement('docs-operation')
export class DocsOperation extends LitElement {
  @property({ attribute: false }) document: ApiDocument | null = null;
  @property({ attribute: false }) operation: Operation | null = null;
  @property({ attribute: false }) words: Words | null = null;
  @property({ type: Boolean, reflect: true }) open = false;
  @query('button') private readonly line!: HTMLButtonElement;

  static override styles = [
    controls,
    layout,
    schemaStyles,
    css`
      :host {
        scroll-margin-block-start: var(--d-3);
      }
      .card {
        padding: 0;
      }
      h3 button {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-start;
        gap: var(--d-1) var(--d-3);
        inline-size: 100%;
        padding: var(--d-3) var(--d-4);
        border: 0;
        border-radius: var(--d-radius);
        text-align: start;
        font-weight: 400;
      }
      h3 code {
        font-weight: 600;
      }
      .summary {
        color: var(--d-ink-soft);
        overflow-wrap: anywhere;
      }
      #more {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--d-5);
        padding: var(--d-4) var(--d-5) var(--d-5);
        border-block-start: 1px solid var(--d-line);
      }
      dl.statuses {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: var(--d-2) var(--d-4);
      }
      dt {
        font-family: var(--d-mono);
        font-weight: 700;
      }
      @media (max-width: 30rem) {
        #more {
          padding-inline: var(--d-4);
        }
      }
    `,
  ];

  override render() {
    const { operation, words, document } = this;
    if (operation === null || words === null || document === null) return nothing;
    return html`<article class="card">
      <h3>
        <button aria-expanded=${this.open} aria-controls="more" @click=${this.#toggle}>
          <span class="method ${operation.method.toLowerCase()}">${operation.method}</span>
          <code>${operation.path}</code>
          <span class="summary">${operation.summary}</span>
        </button>
      </h3>
      <div id="more" ?hidden=${!this.open}>${this.open ? this.#more(words, document, operation) : nothing}</div>
    </article>`;
  }

  /** Opens it, and brings it and the focus before the reader. */
  async show(): Promise<void> {
    this.open = true;
    await this.updateComplete;
    this.scrollIntoView({ block: 'start' });
    this.line.focus({ preventScroll: true });
  }

  #more(words: Words, document: ApiDocument, operation: Operation) {
    return html`<div class="close">${prose(operation.description ?? '')}</div>
      <section class="close">
        <h4>${words.t('who')}</h4>
        <p>${whoMayCall(words, document, operation)}</p>
      </section>
      ${this.#commands(words, document, operation)} ${this.#parameters(words, document, operation)}
      ${this.#body(words, document, operation)} ${this.#answers(words, document, operation)}
      ${this.#problems(words, document, operation)}`;
  }

  #commands(words: Words, document: ApiDocument, operation: Operation) {
    const name = `${operation.method} ${operation.path}`;
    return html`<section class="close">
      <h4>${words.t('curl')}</h4>
      ${commandsOf(document, operation, location.origin).map(({ schemes, text }) => {
        const label = withSchemes(words, schemes);
        return html`<docs-code
          class="command"
          text=${text}
          label=${label}
          name=${words.t('curl.name', { operation: name, label })}
          copy=${words.t('copy')}
          copied=${words.t('copied')}
        ></docs-code>`;
      })}
    </section>`;
  }

  #parameters(words: Words, document: ApiDocument, { parameters = [] }: Operation) {
    if (parameters.length === 0) return nothing;
    const places = [...new Set(parameters.map((one) => one.in))];
    return html`<section class="close">
      <h4>${words.t('parameters')}</h4>
      ${places.map((place) => {
        const fields: Field[] = parameters
          .filter((one) => one.in === place)
          .map(({ name, required = false, schema, description }) => ({
            name,
            required,
            node: treeOf(document, description === undefined ? schema : { ...schema, description }),
          }));
        const where = place === 'header' ? words.t('parameters.header') : words.t('parameters.in', { place });
        return fieldsView(words, fields, where);
      })}
    </section>`;
  }

  /** Its shortest example stands in the command. */
  #body(words: Words, document: ApiDocument, { requestBody, method, path }: Operation) {
    if (requestBody === undefined) return nothing;
    const shown = exampleOf(requestBody.content)?.text;
    return html`<section class="close">
      <h4>${words.t(requestBody.required ? 'body.required' : 'body')}</h4>
      ${Object.entries(requestBody.content).map(
        ([type, media]) => html`<div class="line"><code>${type}</code></div>
          ${this.#shape(words, document, media)}`,
      )}
      ${examples(words, requestBody.content, `${method} ${path}`, shown)}
    </section>`;
  }

  #answers(words: Words, document: ApiDocument, operation: Operation) {
    const good = Object.entries(operation.responses).filter(([status]) => Number(status) < PROBLEM);
    const name = `${operation.method} ${operation.path}`;
    return html`<section class="close">
      <h4>${words.t('answers')}</h4>
      <dl class="statuses">
        ${good.map(
          ([status, answer]) => html`<dt>${status}</dt>
            <dd class="close">
              ${prose(answer.description)} ${this.#headers(words, document, answer)}
              ${this.#content(words, document, answer.content ?? {}, `${name} ${status}`)}
            </dd>`,
        )}
      </dl>
    </section>`;
  }

  /** All have one shape, which the page says once. */
  #problems(words: Words, document: ApiDocument, operation: Operation) {
    const bad = Object.entries(operation.responses)
      .filter(([status]) => Number(status) >= PROBLEM)
      .sort(([a], [b]) => Number(a) - Number(b));
    const name = `${operation.method} ${operation.path}`;
    return html`<section class="close">
      <h4>${words.t('problems')}</h4>
      <p class="small"><a href="#problems">${words.t('problems.each')}</a></p>
      <dl class="statuses">
        ${bad.map(
          ([status, answer]) => html`<dt>${status}</dt>
            <dd class="close">
              ${prose(answer.description)} ${this.#headers(words, document, answer)}
              ${examples(words, answer.content ?? {}, `${name} ${status}`)}
            </dd>`,
        )}
      </dl>
    </section>`;
  }

  #headers(words: Words, document: ApiDocument, { headers = {} }: Answer) {
    const fields = Object.entries(headers).map(([name, { description, schema }]) => ({
      name,
      required: false,
      node: treeOf(document, { ...schema, ...(description === undefined ? {} : { description }) }),
    }));
    return fields.length === 0 ? nothing : fieldsView(words, fields, words.t('parameters.header'));
  }

  #content(words: Words, document: ApiDocument, content: Content, of: string) {
    return Object.entries(content).map(
      ([type, media]) => html`<div class="line"><code>${type}</code></div>
        ${examples(words, { [type]: media }, of)}
        ${this.#folded(words, document, media, `${of}, ${type}`)}`,
    );
  }

  /** Of a text, the media type says it all. */
  #folded(words: Words, document: ApiDocument, media: Media, of: string) {
    if (media.schema?.type === 'string') return nothing;
    return html`<details>
      <summary>
        ${words.t('answer.shape')}<span class="visually-hidden">${words.t('answer.shape-of', { of })}</span>
      </summary>
      ${this.#shape(words, document, media)}
    </details>`;
  }

  #shape(words: Words, document: ApiDocument, { schema }: Media) {
    return schema === undefined ? nothing : html`<div>${schemaView(words, treeOf(document, schema))}</div>`;
  }

  #toggle = () => {
    this.open = !this.open;
    this.dispatchEvent(new Event('toggled'));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'docs-operation': DocsOperation;
  }
}
