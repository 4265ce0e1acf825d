/** `<sent-feedback>`: what became of feedback that is on its way: waiting here, accepted, overdue or refused. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Outgoing } from '../device/records.ts';
import { controls } from '../look/controls.ts';
import '../look/d-copy.ts';
import type { Words } from '../words/words.ts';
import { refusalOf, type Snapshot, type View } from './flow.ts';
import { proofOf } from './proof.ts';
import '../look/save-file.ts';
import './stars-line.ts';
import { moment } from './times.ts';

/** Refusals after which signing the same words anew helps. */
const SIGN_AGAIN = new Set(['revision', 'above-127-before-take-over', 'not-taken-over']);
/** Refusals after which the form has to be changed. */
const CHANGE = new Set(['driver-never-named', 'rating', 'issue-bits', 'invalid']);

/** Properties: `words`, `seen`, `view`. Events: `change-it` (edit before it goes), `drop-it`, `again` (sign anew). */
@customElement('sent-feedback')
export class SentFeedback extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) seen!: Snapshot;
  @property() view: View = 'waiting';

  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: var(--d-4);
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: var(--d-3);
      }
      blockquote {
        margin: 0;
        padding: var(--d-3) var(--d-4);
        border-inline-start: 4px solid var(--d-line-strong);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      dl {
        display: grid;
        gap: var(--d-3);
      }
      dt {
        color: var(--d-ink-soft);
        font-size: var(--d-text-s);
      }
      .head {
        display: flex;
        align-items: center;
        gap: var(--d-3);
      }
      .mark {
        flex: none;
        display: grid;
        place-items: center;
        inline-size: 2.5rem;
        block-size: 2.5rem;
        border-radius: 50%;
        background: var(--d-accent-soft);
        color: var(--d-accent);
        font-weight: 700;
      }
      .bad .mark {
        background: var(--d-bad-soft);
        color: var(--d-bad);
      }
    `,
  ];

  /** Moves the focus to what this says. */
  async focusHeading(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#heading')?.focus();
  }

  override render() {
    const { outgoing } = this.seen;
    if (outgoing === null) return nothing;
    return html`<div class=${this.view === 'refused' || this.view === 'overdue' ? 'bad' : ''}>
        <div class="head">
          <span class="mark" aria-hidden="true">${this.#mark()}</span>
          <h2 id="heading" tabindex="-1">${this.words.t(`${this.#kind()}.heading`)}</h2>
        </div>
      </div>
      ${this.#text(outgoing)}
      <stars-line .words=${this.words} .item=${outgoing.feedback}></stars-line>
      ${
        outgoing.feedback.content === undefined
          ? nothing
          : html`<blockquote>${outgoing.feedback.content.comment}</blockquote>`
      }
      ${this.view === 'waiting' || this.view === 'refused' ? nothing : this.#facts(outgoing)}
      ${this.#actions(outgoing)}`;
  }

  #mark(): string {
    return { waiting: '…', accepted: '✓', overdue: '!', refused: '!' }[this.view as string] ?? '';
  }

  #kind(): string {
    if (this.view === 'waiting') return this.seen.online ? 'sending' : 'waiting';
    return this.view;
  }

  #text(outgoing: Outgoing) {
    const { words } = this;
    if (this.view === 'refused') {
      const code = refusalOf(this.seen);
      const known = words.has(`refusal.${code}`);
      return html`<p class="note bad" role="alert">
        ${words.t(known ? `refusal.${code}` : 'refusal.other', { detail: outgoing.refused?.detail ?? '' })}
      </p>`;
    }
    const by = outgoing.receipt?.record_by;
    const time = by === undefined ? '' : moment(words, by);
    if (this.view === 'overdue') return html`<p class="note bad">${words.t('overdue.text', { time })}</p>`;
    if (this.view === 'accepted')
      return html`<p>
        ${words.t(by === undefined ? 'accepted.noReceipt' : 'accepted.text', { time })}
      </p>`;
    const closable = this.seen.closable && this.#kind() === 'waiting';
    return html`<p>${words.t(closable ? 'waiting.textClosable' : `${this.#kind()}.text`)}</p>`;
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
    const code = refusalOf(this.seen);
    const button = (event: string, text: string, main = false) =>
      html`<button class=${main ? 'primary' : ''} @click=${() => this.dispatchEvent(new Event(event))}>
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
      ${this.view === 'refused' && SIGN_AGAIN.has(code) ? button('again', 'refused.again', true) : nothing}
      ${this.view === 'refused' && CHANGE.has(code) ? button('change-it', 'refused.change', true) : nothing}
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
