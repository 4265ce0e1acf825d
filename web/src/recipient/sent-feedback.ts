/** `<sent-feedback>`: what became of feedback that is on its way: waiting here, accepted, overdue or refused. */

import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Outgoing } from '../device/records.ts';
import '../look/d-copy.ts';
import { quote } from '../look/quote.ts';
import { type View, waitingKind } from './flow.ts';
import './import-code.ts';
import { OutcomeView } from './outcome-view.ts';
import { proofOf } from './proof.ts';
import '../look/save-file.ts';
import { REFUSALS, refusalOf, WAY_NAMES, type Way } from './refusals.ts';
import './stars-line.ts';
import { moment } from './times.ts';
import type { Visit } from './visit.ts';

/** Properties: `words`, `seen`, `view`, `visit`. Events: `change-it` (edit before it goes), `drop-it`, `again` (sign anew). */
@customElement('sent-feedback')
export class SentFeedback extends OutcomeView {
  @property() view: View = 'waiting';
  @property({ attribute: false }) visit: Visit | null = null;

  static override styles = [
    OutcomeView.styles,
    css`
      dl {
        display: grid;
        gap: var(--d-3);
      }
      dt {
        color: var(--d-ink-soft);
        font-size: var(--d-text-s);
      }
    `,
  ];

  override render() {
    const { outgoing } = this.seen;
    if (outgoing === null) return nothing;
    const tone = this.view === 'refused' || this.view === 'overdue' ? 'bad' : '';
    return html`${this.heading(this.#mark(), tone, this.words.t(`${this.#kind()}.heading`))} ${this.#text(outgoing)}
      <stars-line .words=${this.words} .item=${outgoing.feedback}></stars-line>
      ${
        outgoing.feedback.content === undefined
          ? nothing
          : quote(outgoing.feedback.content.comment, this.words.t('comment.blank'))
      }
      ${this.view === 'waiting' || this.view === 'refused' ? nothing : this.#facts(outgoing)}
      ${this.#actions(outgoing)}`;
  }

  #mark(): string {
    return { waiting: '…', accepted: '✓', overdue: '!', refused: '!' }[this.view as string] ?? '';
  }

  #kind(): string {
    return this.view === 'waiting' ? waitingKind(this.seen) : this.view;
  }

  #text(outgoing: Outgoing) {
    const { words } = this;
    if (this.view === 'refused') return this.#refusal(outgoing);
    const by = outgoing.receipt?.record_by;
    const time = by === undefined ? '' : moment(words, by);
    if (this.view === 'overdue') return html`<p class="note bad">${words.t('overdue.text', { time })}</p>`;
    if (this.view === 'accepted')
      return html`<p>
        ${words.t(by === undefined ? 'accepted.noReceipt' : 'accepted.text', { time })}
      </p>`;
    const kind = this.#kind();
    if (kind === 'sending') return html`<p>${words.t('sending.text')}</p>`;
    const delay = this.seen.online ? (outgoing.delay ?? 'failing') : null;
    const how = this.#whenItGoes(delay !== null);
    return html`${delay === null ? nothing : html`<p class="note watch">${words.t(`delay.${delay}`)}</p>`}
      <p>${words.t(`waiting.${how}`)}</p>`;
  }

  #whenItGoes(delayed: boolean): string {
    if (this.seen.lack !== null) return 'textOpen';
    if (delayed) return 'textDelay';
    return this.seen.closable ? 'textClosable' : 'text';
  }

  #refusal(outgoing: Outgoing) {
    const { words } = this;
    const named = Object.entries(WAY_NAMES).map(([way, name]) => [way, words.t(name)]);
    const detail = (outgoing.refused?.detail ?? '').replace(/\.$/, '');
    return html`<p class="note bad" role="alert">
        ${words.t(`refusal.${refusalOf(this.seen)}`, { ...Object.fromEntries(named), detail })}
      </p>
      ${outgoing.receipt === null ? nothing : html`<p>${words.t('refused.receipt')}</p>`}
      ${
        this.#leads('code') && this.visit !== null
          ? html`<import-code .words=${words} .visit=${this.visit}></import-code>`
          : nothing
      }`;
  }

  /** Whether the refusal's words name this way. */
  #leads(way: Way): boolean {
    const ways: readonly Way[] = REFUSALS[refusalOf(this.seen)];
    return this.view === 'refused' && ways.includes(way);
  }

  #facts(outgoing: Outgoing) {
    const { words } = this;
    return html`${
      outgoing.receiptHolds === false
        ? html`<p class="note bad" role="alert">${words.t('receipt.doesNotHold')}</p>`
        : nothing
    }
      <dl>
        <div>
          <dt>${words.t('receipt.digest')}</dt>
          <dd>
            <d-copy
              value=${outgoing.digest}
              short
              label=${words.t('copy')}
              copied=${words.t('copied')}
              name=${words.t('receipt.digest')}
            ></d-copy>
          </dd>
        </div>
      </dl>`;
  }

  #actions(outgoing: Outgoing) {
    const { words } = this;
    const button = (event: string, text: string, main = false) =>
      html`<button id=${event} class=${main ? 'primary' : ''} @click=${() => this.dispatchEvent(new Event(event))}>
        ${words.t(text)}
      </button>`;
    const proof = html`<save-file
      label=${words.t('receipt.save')}
      name="doorstep-receipt.json"
      .content=${() => proofOf(outgoing, this.seen)}
    ></save-file>`;
    return html`<div class="actions">
      ${
        this.view === 'waiting'
          ? html`${button('change-it', 'waiting.change')} ${button('drop-it', 'waiting.drop')}`
          : nothing
      }
      ${this.#leads('again') ? button('again', 'refused.again', true) : nothing}
      ${this.#leads('change') ? button('change-it', 'refused.change', true) : nothing}
      ${this.view === 'refused' ? button('drop-it', 'refused.drop') : nothing}
      ${outgoing.receipt === null ? nothing : proof}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'sent-feedback': SentFeedback;
  }
}
