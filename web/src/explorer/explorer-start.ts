/** `<explorer-start>`: what this is, the ledger's facts, and what was recorded last, live. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import '../look/d-copy.ts';
import type { Context } from './context.ts';
import './explorer-entries.ts';
import type { Listed } from './explorer-entries.ts';
import { layout } from './explorer-styles.ts';
import { pathOf } from './routes.ts';

const EVERYTHING = {};

/** Property: `context`; attribute `open`: the reader may see the record. Slot: the search, or the way in. */
@customElement('explorer-start')
export class ExplorerStart extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property({ type: Boolean }) open = false;
  /** The record reaches this block, as the list of its entries knows; the status was read once. */
  @state() private block = 0;

  static override styles = [
    controls,
    layout,
    css`
      .ledger h2 {
        margin-block-end: var(--d-4);
      }
      .what {
        display: grid;
        gap: var(--d-2);
        max-inline-size: 44rem;
      }
      .members {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr));
        gap: var(--d-2);
      }
      .members a {
        display: grid;
        align-content: center;
        min-block-size: var(--d-touch);
        padding: var(--d-2) var(--d-3);
        border: 1px solid var(--d-line);
        border-radius: var(--d-radius-s);
        color: var(--d-ink);
        font-weight: 600;
        text-decoration: none;
        overflow-wrap: anywhere;
      }
      .members a:hover {
        background: var(--d-raised);
      }
      .members small {
        color: var(--d-ink-soft);
        font-weight: 400;
      }
      h3 {
        font-size: var(--d-text-s);
        color: var(--d-ink-soft);
        margin-block: var(--d-4) var(--d-2);
      }
    `,
  ];

  override render() {
    if (this.context === null) return nothing;
    const { words } = this.context;
    return html`<div class="stack">
      <div class="what">
        <h1>${words.t('start.title')}</h1>
        <p>${words.t('start.what')}</p>
      </div>
      <slot></slot>
      ${
        this.open
          ? html`<explorer-entries
              .context=${this.context}
              .query=${EVERYTHING}
              heading=${words.t('start.latest')}
              limit="10"
              live
              @listed=${(event: CustomEvent<Listed>) => {
                this.block = event.detail.block ?? 0;
              }}
              >${this.#ledger(this.context)}</explorer-entries
            >`
          : this.#ledger(this.context)
      }
    </div>`;
  }

  #ledger({ words, ledger, status }: Context) {
    const first = status.indexed_block;
    const block = first === null ? null : Math.max(first, this.block);
    return html`<section class="card ledger" slot="below">
      <h2>${words.t('ledger.heading')}</h2>
      ${status.index_halted === null ? nothing : html`<p class="note bad">${words.t('ledger.halted', { why: status.index_halted })}</p>`}
      <dl class="facts">
        <div>
          <dt>${words.t('ledger.chain')}</dt>
          <dd class="number">${String(status.chain_id)}</dd>
        </div>
        <div>
          <dt>${words.t('ledger.engine')}</dt>
          <dd>${status.engine ?? words.t('ledger.unseen')}</dd>
        </div>
        <div>
          <dt>${words.t('ledger.block')}</dt>
          <dd>
            ${
              block === null
                ? words.t('ledger.unseen')
                : html`<a href=${pathOf.block(block)}>${words.number(block)}</a>${
                    status.indexed_block_time === null || block !== first
                      ? nothing
                      : html` <span class="soft small">${words.time(status.indexed_block_time)}</span>`
                  }`
            }
          </dd>
        </div>
        <div class="wide">
          <dt>${words.t('ledger.contract')}</dt>
          <dd>
            <d-copy
              value=${status.ledger}
              label=${words.t('copy')}
              copied=${words.t('copied')}
              name=${words.t('ledger.contract')}
            ></d-copy>
          </dd>
        </div>
      </dl>
      <h3>${words.t('ledger.members', { count: ledger.members.length })}</h3>
      <ul class="quiet-list members">
        ${ledger.members.map(
          (one) =>
            html`<li>
              <a href=${pathOf.member(one.member)}
                >${one.name}
                <small
                  >${words.t('ledger.member', {
                    number: String(one.member),
                    roles:
                      one.roles.map((role) => words.t(`role.${role}`)).join(', ') || words.t('role.none'),
                  })}</small
                ></a
              >
            </li>`,
        )}
      </ul>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'explorer-start': ExplorerStart;
  }
}
