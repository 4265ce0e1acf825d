/** `<explorer-delivery>`: one delivery: its state as the last word has it, and everything that was said of it. */

import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type DeliveryWord, unpackDelivery } from '../core/words.ts';
import { controls } from '../look/controls.ts';
import '../look/d-copy.ts';
import type { Entry } from '../service/models.ts';
import { type Context, dashboardLink } from './context.ts';
import './document-check.ts';
import type { Listed } from './explorer-entries.ts';
import './explorer-entries.ts';
import { OUTCOMES } from '../core/vocabulary.ts';
import { piece } from './explorer-entry.ts';
import { layout } from './explorer-styles.ts';
import { driverPiece, memberPiece, shortHash } from './record/sentences.ts';
import { pathOf } from './routes.ts';
import './self-check.ts';

const DAY_MS = 86_400_000;
const CLOSES_AFTER_DAYS = 366;

/** Properties: `context`, `delivery` (id). */
@customElement('explorer-delivery')
export class ExplorerDelivery extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property() delivery = '';
  @state() private entries: readonly Entry[] = [];
  #query = {};

  static override styles = [
    controls,
    layout,
    css`
      .state {
        font-size: var(--d-text-l);
        font-weight: 600;
      }
    `,
  ];

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has('delivery')) return;
    this.entries = [];
    this.#query = { delivery: this.delivery };
  }

  override render() {
    if (this.context === null) return nothing;
    const { context } = this;
    const { words } = context;
    const last = this.entries.at(-1);
    const word = last === undefined ? null : unpackDelivery(last.word);
    return html`<div class="stack">
      <div>
        <h1>${words.t('title.delivery', { what: shortHash(this.delivery) })}</h1>
        <d-copy
          value=${this.delivery}
          label=${words.t('copy')}
          copied=${words.t('copied')}
          name=${words.t('delivery.id')}
        ></d-copy>
        <p>${dashboardLink(context, `deliveries/${this.delivery}`)}</p>
      </div>
      <explorer-entries
        .context=${context}
        .query=${this.#query}
        here=${pathOf.delivery(this.delivery)}
        heading=${words.t('delivery.timeline')}
        order="oldest"
        limit="1000"
        live
        empty=${words.t('delivery.none')}
        @listed=${this.#listed}
        >${word === null || last === undefined ? nothing : this.#around(context, word, last)}</explorer-entries
      >
    </div>`;
  }

  #listed = (event: CustomEvent<Listed>) => {
    this.entries = event.detail.entries;
  };

  #around(context: Context, word: DeliveryWord, last: Entry) {
    const commands = [`doorstep history --delivery ${this.delivery} --json`, 'doorstep verify'];
    return html`${this.#state(context, word, last)}
      <document-check slot="below" .context=${context} .entries=${this.entries}></document-check>
      <self-check slot="below" .context=${context} .commands=${commands}></self-check>`;
  }

  #state({ words, ledger }: Context, word: DeliveryWord, last: Entry) {
    const naming = { words, members: ledger.members };
    const outcome = OUTCOMES[word.lastOutcome - 1];
    const closes = word.promisedBy * 1000 + CLOSES_AFTER_DAYS * DAY_MS;
    const fact = (name: string, value: unknown) =>
      html`<div>
        <dt>${words.t(`delivery.${name}`)}</dt>
        <dd>${value}</dd>
      </div>`;
    return html`<section class="card stack" slot="above">
      <h2 class="state">${words.t(outcome === undefined ? 'outcome.opened' : `outcome.${outcome}`)}</h2>
      <dl class="facts">
        ${fact('promise', words.time(word.promisedBy * 1000))}
        ${fact('shipper', piece(memberPiece(naming, last.shipper)))}
        ${fact('carrier', piece(memberPiece(naming, word.carrier)))}
        ${fact('driver', word.driver === 0 ? words.t('delivery.no-driver') : piece(driverPiece(words, word.driver)))}
        ${fact('revision', word.revision === 0 ? words.t('delivery.no-feedback') : words.t('delivery.revisions', { count: word.revision }))}
        ${fact(
          'open',
          word.rateable
            ? words.t('delivery.open-until', { time: words.date(closes) })
            : words.t('delivery.open-from', { time: words.time(word.promisedBy * 1000) }),
        )}
        ${fact('taken', words.t(word.taken ? 'delivery.taken-over' : 'delivery.not-taken'))}
      </dl>
      <p class="small soft">${words.t('delivery.from-word')}</p>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'explorer-delivery': ExplorerDelivery;
  }
}
