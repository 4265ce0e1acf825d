/** `<explorer-search>`: one field for everything, and what it found or did not. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import '../look/d-state.ts';
import type { Hex } from '../core/hex.ts';
import type { Entry } from '../service/models.ts';
import { type Context, Loader } from './context.ts';
import { layout } from './explorer-styles.ts';
import { pathOf } from './routes.ts';
import { type Choice, understand, withoutSecret } from './search.ts';

type Found =
  | {
      readonly kind: 'choices';
      readonly choices: readonly { readonly label: string; readonly href: string }[];
    }
  | { readonly kind: 'missing'; readonly text: string; readonly block: number | null }
  | { readonly kind: 'unknown'; readonly text: string };

/** Property: `context`. Event `go` (bubbles), detail: the path to show. */
@customElement('explorer-search')
export class ExplorerSearch extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @state() private dropped = false;
  readonly #search = new Loader<Found>(this);

  static override styles = [
    controls,
    layout,
    css`
      form {
        display: grid;
        gap: var(--d-2);
      }
      .found > * {
        margin-block-start: var(--d-3);
      }
      .field {
        display: flex;
        gap: var(--d-2);
      }
      .field input {
        flex: 1;
        min-inline-size: 0;
        font-family: var(--d-mono);
        font-size: 0.95em;
      }
      .found {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        overflow-wrap: anywhere;
        gap: var(--d-3);
      }
      ul {
        margin: 0;
        padding-inline-start: 1.25rem;
      }
      ul.choices {
        display: flex;
        flex-wrap: wrap;
        gap: var(--d-2);
        padding: 0;
        list-style: none;
      }
      @media (max-width: 30rem) {
        .field {
          flex-direction: column;
        }
      }
    `,
  ];

  override render() {
    if (this.context === null) return nothing;
    const { words } = this.context;
    return html`<form role="search" @submit=${this.#submit}>
        <label for="wanted">${words.t('search.label')}</label>
        <div class="field">
          <input
            id="wanted"
            name="wanted"
            type="search"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-describedby="forms"
            placeholder=${words.t('search.placeholder')}
            @input=${this.#strip}
          />
          <button class="primary" aria-disabled=${this.#search.loading}>${words.t('search.go')}</button>
        </div>
        <p id="forms" class="small soft">${words.t('search.forms')}</p>
      </form>
      <div class="found" aria-live="polite">
        ${this.dropped ? html`<p class="note">${words.t('search.secret-dropped')}</p>` : nothing}
        ${this.#result()}
      </div>`;
  }

  /** Clears what was found and typed: the page shows something else now. */
  clear(): void {
    this.#search.value = null;
    this.#search.failure = null;
    const input = this.renderRoot.querySelector('input');
    if (input !== null) input.value = '';
    this.requestUpdate();
  }

  #result() {
    const { words } = this.context as Context;
    if (this.#search.loading) return html`<p class="soft">${words.t('search.looking')}</p>`;
    if (this.#search.failure !== null)
      return html`<p class="note watch" role="alert">${words.t('search.failed')}</p>`;
    const found = this.#search.value;
    if (found === null) return nothing;
    if (found.kind === 'choices')
      return html`<p>${words.t('search.which')}</p>
        <ul class="choices">
          ${found.choices.map(({ label, href }) => html`<li><a class="button" href=${href}>${label}</a></li>`)}
        </ul>`;
    const { kind, text } = found;
    return html`<div class="note watch">
      <p>
        ${
          kind === 'missing'
            ? words.t('search.missing', { text, block: found.block === null ? '–' : String(found.block) })
            : words.t(/^0x[0-9a-f]+(…[0-9a-f]*)?$/i.test(text) ? 'search.short' : 'search.unknown', { text })
        }
      </p>
      <p class="small">${words.t('search.understood')}</p>
      <ul class="small">
        ${['delivery', 'tx', 'driver', 'block', 'member'].map((one) => html`<li>${words.t(`search.form.${one}`)}</li>`)}
      </ul>
    </div>`;
  }

  /** A link's secret must not even stand in the field. */
  #strip = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const { text, dropped } = withoutSecret(input.value);
    if (text !== input.value && (dropped || /\/t\//.test(input.value))) input.value = text;
    if (dropped) this.dropped = true;
  };

  #submit = (event: SubmitEvent) => {
    event.preventDefault();
    const input = this.renderRoot.querySelector('input') as HTMLInputElement;
    void this.#look(input.value);
  };

  async #look(typed: string): Promise<void> {
    const context = this.context as Context;
    const wanted = understand(typed, context.ledger.members);
    this.dropped = this.dropped && wanted.kind !== 'nothing' && wanted.kind !== 'unknown';
    if (wanted.kind === 'nothing') return this.clear();
    if (wanted.kind === 'delivery') return this.#go(pathOf.delivery(wanted.id));
    if (wanted.kind === 'choice') {
      const [only, ...others] = wanted.choices;
      if (only !== undefined && others.length === 0) return this.#go(pathOf[only.view](only.number));
      return this.#search.run(async () => ({ kind: 'choices', choices: wanted.choices.map(this.#choice) }));
    }
    if (wanted.kind === 'unknown')
      return this.#search.run(async () => ({ kind: 'unknown', text: wanted.text }));
    await this.#search.run((signal) => whichHash(context, wanted.hash, signal));
    const found = this.#search.value;
    const [only, ...others] = found?.kind === 'choices' ? found.choices : [];
    if (only !== undefined && others.length === 0) this.#go(only.href);
  }

  #choice = ({ view, number }: Choice) => {
    const { words, ledger } = this.context as Context;
    const name = ledger.members.find((one) => one.member === number)?.name ?? '';
    const label = words.t(`search.choice.${view}`, { number: String(number), name });
    return { label, href: pathOf[view](number) };
  };

  #go(path: string): void {
    this.clear();
    this.dispatchEvent(new CustomEvent('go', { detail: path, bubbles: true, composed: true }));
  }
}

/** Asks the record whether a hash is a delivery's id, a transaction's hash, or (never by chance) both. */
async function whichHash({ client, words }: Context, hash: Hex, signal: AbortSignal): Promise<Found> {
  interface Answer {
    readonly entries: readonly Entry[];
    readonly indexed_block: number | null;
  }
  const [delivery, tx] = await Promise.all([
    client.get<Answer>('/v1/history', { delivery: hash, limit: 1 }, signal),
    client.get<Answer>('/v1/history', { tx: hash, limit: 1 }, signal),
  ]);
  const choices: { label: string; href: string }[] = [];
  if (delivery.entries.length > 0)
    choices.push({ label: words.t('search.choice.delivery'), href: pathOf.delivery(hash) });
  if (tx.entries.length > 0) choices.push({ label: words.t('search.choice.tx'), href: pathOf.tx(hash) });
  if (choices.length > 0) return { kind: 'choices', choices };
  return { kind: 'missing', text: hash, block: delivery.indexed_block };
}

declare global {
  interface HTMLElementTagNameMap {
    'explorer-search': ExplorerSearch;
  }
}
