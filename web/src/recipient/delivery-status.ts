/** `<delivery-status>`: what became of the parcel and of the promise, at a glance. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Delivery } from '../service/models.ts';
import type { Words } from '../words/words.ts';
import type { Situation } from './situation.ts';
import { moment, span } from './times.ts';

/** Properties: `words`, `delivery`, `situation`, `shop` and `carrier` (names). */
@customElement('delivery-status')
export class DeliveryStatus extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) delivery!: Delivery;
  @property({ attribute: false }) situation!: Situation;
  @property() shop = '';
  @property() carrier = '';

  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: var(--d-4);
      }
      h1 span {
        display: block;
        font-size: var(--d-text-l);
        font-weight: 400;
        letter-spacing: 0;
        color: var(--d-ink-soft);
      }
      .badge {
        display: inline-block;
        border-radius: 99px;
        padding: 0.15rem 0.8rem;
        font-weight: 600;
        background: var(--d-good-soft);
        color: var(--d-good);
      }
      .badge.late,
      .badge.broken,
      .badge.passed {
        background: var(--d-bad-soft);
        color: var(--d-bad);
      }
      .badge.open {
        background: var(--d-note-soft);
        color: var(--d-note);
      }
      .promise {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--d-2) var(--d-3);
      }
    `,
  ];

  override render() {
    const { words, situation, delivery } = this;
    const last = situation.reports.at(-1);
    const status = words.t(`status.${delivery.outcome ?? 'opened'}`);
    const at = moment(words, last?.at ?? delivery.opened_at);
    return html`<div aria-live="polite">
        <h1>${status} <span>${words.t(last === undefined ? 'status.since' : 'status.on', { time: at })}</span></h1>
      </div>
      ${situation.promise === 'void' ? nothing : this.#promise()}
      <p class="soft">${words.t('status.parties', { shop: this.shop, carrier: this.carrier })}</p>`;
  }

  #promise() {
    const { words, situation } = this;
    const late = situation.lateByMs > 0 ? span(words, situation.lateByMs) : '';
    return html`<p class="promise">
      <span class="badge ${situation.promise}">${words.t(`promise.${situation.promise}`, { span: late })}</span>
      <span>${words.t('promise.by', { time: moment(words, this.delivery.promised_by) })}</span>
    </p>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'delivery-status': DeliveryStatus;
  }
}
