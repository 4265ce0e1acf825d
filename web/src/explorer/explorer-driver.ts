/** `<explorer-driver>`: a driver, as far as the record and the reader's rights go: a number, never a name. */

import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { DriverRow } from '../service/models.ts';
import { type Context, dashboardLink, Loader, orNothing, stateOf } from './context.ts';
import './explorer-entries.ts';
import { piece } from './explorer-entry.ts';
import { layout } from './explorer-styles.ts';
import './head-check.ts';
import type { Owner } from './record/heads.ts';
import { askNode, NODE } from './record/node.ts';
import { memberPiece } from './record/sentences.ts';
import { type Asked, askReputation } from './reputation-card.ts';
import { pathOf } from './routes.ts';
import './self-check.ts';

/** Properties: `context`, `number`. */
@customElement('explorer-driver')
export class ExplorerDriver extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property({ attribute: false }) number = 0;
  /** Loaded before what stands below it is shown, so that nothing moves under the reader's hand. */
  readonly #driver = new Loader<{ found: DriverRow | null; reputation: Asked | null }>(this);
  #query = {};
  #owner: Owner = { kind: 'driver', number: 0 };

  static override styles = [controls, layout];

  override willUpdate(changed: PropertyValues): void {
    const { context, number } = this;
    if (context === null || !(changed.has('number') || changed.has('context'))) return;
    this.#query = { driver: number };
    this.#owner = { kind: 'driver', number };
    this.#load();
  }

  #load = () => {
    const { context, number } = this;
    if (context === null) return;
    void this.#driver.run(async (signal) => {
      const found = await orNothing(find(context, number, signal));
      // Whoever may see the one may see the other.
      const reputation = found === null ? null : await askReputation(context, 'drivers', number, signal);
      return { found, reputation };
    });
  };

  override render() {
    if (this.context === null) return nothing;
    const { context, number } = this;
    const { words } = context;
    const loaded = this.#driver.value;
    return html`<div class="stack">
      <div>
        <h1>${words.t('driver.title', { number: String(number) })}</h1>
        ${this.#carrier(context)}
        <p>${dashboardLink(context, `drivers/${number}`)}</p>
      </div>
      ${loaded === null ? stateOf(words, this.#driver.failure, this.#load) : this.#below(context, loaded.reputation)}
    </div>`;
  }

  #below(context: Context, reputation: Asked | null) {
    const { number } = this;
    const { words, status } = context;
    return html`${
      reputation === null
        ? nothing
        : html`<reputation-card .context=${context} .asked=${reputation} @again=${this.#load}></reputation-card>`
    }
      <head-check .context=${context} .of=${this.#owner}></head-check>
      <explorer-entries
        .context=${context}
        .query=${this.#query}
        here=${pathOf.driver(number)}
        heading=${words.t('driver.entries')}
        live
        empty=${words.t('driver.none', { number: String(number) })}
      ><self-check slot="below"
        .context=${context}
        .commands=${[
          `doorstep history --driver ${number} --json`,
          'doorstep verify',
          askNode(this.#owner, status.ledger, NODE, null),
        ]}
      ></self-check></explorer-entries>`;
  }

  #carrier({ words, ledger }: Context) {
    const loaded = this.#driver.value;
    if (loaded === null) return nothing;
    const { found } = loaded;
    if (found === null) return html`<p class="soft">${words.t('driver.unknown')}</p>`;
    const naming = { words, members: ledger.members };
    return html`<p>
      ${words.t('driver.of')} ${piece(memberPiece(naming, found.carrier))}.
      <span class="soft">${words.t(found.has_key ? 'driver.has-key' : 'driver.no-key')}</span>
    </p>`;
  }
}

/** Looks the driver up among those that the reader may list; null where there is no such among them. */
async function find({ client }: Context, number: number, signal: AbortSignal): Promise<DriverRow | null> {
  for await (const page of client.pages<DriverRow>('/v1/drivers', 'drivers', { limit: 1000 }, signal)) {
    const found = page.find((one) => one.driver === number);
    if (found !== undefined || (page.at(-1)?.driver ?? 0) > number) return found ?? null;
  }
  return null;
}

declare global {
  interface HTMLElementTagNameMap {
    'explorer-driver': ExplorerDriver;
  }
}
