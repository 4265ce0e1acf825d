/** `<explorer-member>`: an organisation of the network: roles, reputations, drivers, entries. */

import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { DriverRow } from '../service/models.ts';
import { type Context, Loader, orNothing } from './context.ts';
import './explorer-entries.ts';
import { layout } from './explorer-styles.ts';
import './head-check.ts';
import type { Owner } from './record/heads.ts';
import { askNode } from './record/node.ts';
import './reputation-card.ts';
import { pathOf } from './routes.ts';
import './self-check.ts';

const NODE = 'http://127.0.0.1:8545';
const DRIVERS_SHOWN = 100;

interface Drivers {
  readonly drivers: readonly DriverRow[];
  readonly next_cursor: string | null;
}

/** Properties: `context`, `number`. */
@customElement('explorer-member')
export class ExplorerMember extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property({ attribute: false }) number = 0;
  readonly #drivers = new Loader<{ found: Drivers | null }>(this);
  #query = {};
  #owner: Owner = { kind: 'carrier', number: 0 };

  static override styles = [controls, layout];

  override willUpdate(changed: PropertyValues): void {
    const { context, number } = this;
    if (context === null || !(changed.has('number') || changed.has('context'))) return;
    this.#query = { member: number };
    this.#owner = { kind: 'carrier', number };
    const query = { carrier: number, limit: DRIVERS_SHOWN };
    void this.#drivers.run(async (signal) => ({
      found: await orNothing(context.client.get<Drivers>('/v1/drivers', query, signal)),
    }));
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
      ${carries ? html`<reputation-card .context=${context} of="carriers" .number=${number}></reputation-card>` : nothing}
      ${
        member.roles.includes('shipper')
          ? html`<reputation-card .context=${context} of="shippers" .number=${number}></reputation-card>`
          : nothing
      }
      ${carries ? this.#list(words.t('member.drivers')) : nothing}
      ${carries ? html`<head-check .context=${context} .of=${this.#owner}></head-check>` : nothing}
      <explorer-entries
        .context=${context}
        .query=${this.#query}
        here=${pathOf.member(number)}
        heading=${words.t('member.entries')}
        live
        empty=${words.t('member.no-entries')}
      ></explorer-entries>
      <self-check .context=${context} .commands=${commands}></self-check>
    </div>`;
  }

  #list(heading: string) {
    const found = this.#drivers.value?.found;
    if (found === null || found === undefined || found.drivers.length === 0) return nothing;
    const { words } = this.context as Context;
    return html`<section class="card stack">
      <h2>${heading}</h2>
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
