/** `<explorer-member>`: an organisation of the network: roles, reputations, drivers, entries. */

import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { DriverRow, Member } from '../service/models.ts';
import { type Context, Loader, orNothing, stateOf } from './context.ts';
import './explorer-entries.ts';
import { layout } from './explorer-styles.ts';
import './head-check.ts';
import type { Words } from '../words/words.ts';
import type { Owner } from './record/heads.ts';
import { askNode, NODE } from './record/node.ts';
import { type Asked, askReputation } from './reputation-card.ts';
import { pathOf } from './routes.ts';
import './self-check.ts';

const DRIVERS_SHOWN = 100;

interface Drivers {
  readonly drivers: readonly DriverRow[];
  readonly next_cursor: string | null;
}

interface Above {
  readonly drivers: Drivers | null;
  readonly reputations: readonly Asked[];
}

/** Returns the reputations that a member has by its roles. */
function ofMember({ roles }: Member): ('carriers' | 'shippers')[] {
  return [
    ...(roles.includes('carrier') ? (['carriers'] as const) : []),
    ...(roles.includes('shipper') ? (['shippers'] as const) : []),
  ];
}

/** Properties: `context`, `number`. */
@customElement('explorer-member')
export class ExplorerMember extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property({ attribute: false }) number = 0;
  /** All that stands above other things: loaded before they are shown, so that nothing moves under the reader's hand. */
  readonly #above = new Loader<Above>(this);
  #query = {};
  #owner: Owner = { kind: 'carrier', number: 0 };

  static override styles = [controls, layout];

  override willUpdate(changed: PropertyValues): void {
    const { context, number } = this;
    if (context === null || !(changed.has('number') || changed.has('context'))) return;
    this.#query = { member: number };
    this.#owner = { kind: 'carrier', number };
    this.#load();
  }

  #load = () => {
    const { context, number } = this;
    const member = context?.ledger.members.find((one) => one.member === number);
    if (context === null || member === undefined) return;
    void this.#above.run(async (signal) => {
      const [drivers, ...reputations] = await Promise.all([
        member.roles.includes('carrier') ? this.#findDrivers(context, number, signal) : null,
        ...ofMember(member).map((of) => askReputation(context, of, number, signal)),
      ]);
      return { drivers, reputations };
    });
  };

  #findDrivers({ client }: Context, carrier: number, signal: AbortSignal): Promise<Drivers | null> {
    return orNothing(client.get<Drivers>('/v1/drivers', { carrier, limit: DRIVERS_SHOWN }, signal));
  }

  override render() {
    if (this.context === null) return nothing;
    const { context, number } = this;
    const { words, ledger, status } = context;
    const member = ledger.members.find((one) => one.member === number);
    const kicker = html`<p class="kicker">${words.t('member.kicker')}</p>`;
    if (member === undefined)
      return html`<div class="stack">
        <div>${kicker}
          <h1>${words.t('ref.member', { number: String(number) })}</h1></div>
        <d-state kind="empty" heading=${words.t('member.none', { number: String(number) })}></d-state>
      </div>`;
    const above = this.#above.value;
    const carries = member.roles.includes('carrier');
    const commands = [`doorstep history --member ${number} --json`, 'doorstep verify'];
    if (carries) commands.push(askNode(this.#owner, status.ledger, NODE, null));
    return html`<div class="stack">
      <div>
        ${kicker}
        <h1>${member.name}</h1>
        <p class="row">
          <span class="soft">${words.t('member.number', { number: String(number) })}</span>
          ${member.roles.map((role) => html`<span class="tag">${words.t(`role.${role}`)}</span>`)}
        </p>
      </div>
      ${above === null ? stateOf(words, this.#above.failure, this.#load) : this.#below(context, above, carries, commands)}
    </div>`;
  }

  #below(context: Context, above: Above, carries: boolean, commands: readonly string[]) {
    const { words } = context;
    const { number } = this;
    return html`${above.reputations.map(
      (asked) =>
        html`<reputation-card .context=${context} .asked=${asked} @again=${this.#load}></reputation-card>`,
    )}
      ${this.#list(words, above.drivers)}
      ${carries ? html`<head-check .context=${context} .of=${this.#owner}></head-check>` : nothing}
      <explorer-entries
        .context=${context}
        .query=${this.#query}
        here=${pathOf.member(number)}
        heading=${words.t('member.entries')}
        live
        empty=${words.t('member.no-entries')}
      ><self-check slot="below" .context=${context} .commands=${commands}></self-check></explorer-entries>`;
  }

  #list(words: Words, found: Drivers | null) {
    if (found === null || found.drivers.length === 0) return nothing;
    return html`<section class="card stack">
      <h2>${words.t('member.drivers')}</h2>
      <ul class="quiet-list row">
        ${found.drivers.map(
          ({ driver }) =>
            html`<li><a class="button" href=${pathOf.driver(driver)}>${words.t('driver.title', { number: String(driver) })}</a></li>`,
        )}
      </ul>
      ${found.next_cursor === null ? nothing : html`<p class="small soft">${words.t('member.more-drivers')}</p>`}
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'explorer-member': ExplorerMember;
  }
}
