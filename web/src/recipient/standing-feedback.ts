/** `<standing-feedback>`: the recipient's feedback that stands on record, and what can still be done with it. */

import { css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Draft } from '../device/records.ts';
import { wordsOf } from '../service/documents.ts';
import { isWithdrawn } from '../service/feedback.ts';
import '../look/d-copy.ts';
import { quote } from '../look/quote.ts';
import '../look/save-file.ts';
import { type FeedbackOnRecord, revisions, standing, strangerOf } from './flow.ts';
import { OutcomeView } from './outcome-view.ts';
import { proofOf } from './proof.ts';
import './stars-line.ts';
import { moment } from './times.ts';

/**
 * Properties: `words`, `seen`, `open` (feedback is taken), `begun` (a change was begun and not sent), `shop` and `carrier`
 * (names). Events: `amend`
 * (detail: a Draft), `drop-change`, `withdraw`, `erase`.
 */
@customElement('standing-feedback')
export class StandingFeedback extends OutcomeView {
  @property({ type: Boolean }) open = false;
  @property({ type: Boolean }) begun = false;
  @property() shop = '';
  @property() carrier = '';
  @state() private asking: 'withdraw' | 'erase' | null = null;
  /** What was asked about last: its button takes the focus back. */
  #asked: 'withdraw' | 'erase' | null = null;

  static override styles = [
    OutcomeView.styles,
    css`
      .actions {
        gap: var(--d-2) var(--d-5);
      }
      .actions .plain {
        margin-inline: calc(-1 * var(--d-2));
      }
      .note {
        display: grid;
        gap: var(--d-3);
      }
    `,
  ];

  override willUpdate() {
    if (this.asking === 'erase' && !this.#hasText()) this.asking = null;
  }

  override render() {
    const { words } = this;
    const stands = standing(this.seen.entries);
    if (stands === null) return nothing;
    const gone = isWithdrawn(stands.item);
    const heading = gone ? 'standing.headingWithdrawn' : 'standing.heading';
    return html`${this.heading('✓', 'good', words.t(heading, { block: words.number(stands.block) }))}
      <p class="soft">
        ${words.t('standing.since', { time: moment(words, stands.time), revision: stands.item.revision })}
      </p>
      ${this.#stranger(stands, gone)}
      ${gone ? nothing : html`<stars-line .words=${words} .item=${stands.item}></stars-line>`}
      ${this.#comment(stands)} ${this.#proof(stands)}
      ${this.begun && this.open && this.asking === null ? this.#begun() : nothing}
      ${this.asking === null ? this.#actions(gone) : this.#confirm(this.asking)}`;
  }

  /** Erasing takes its button away: what came of it is to be read then. */
  protected override next(): readonly string[] {
    if (this.asking !== null) return ['ask'];
    return this.#asked === null ? ['change', 'heading'] : [this.#asked, 'erased', 'heading'];
  }

  #comment(stands: FeedbackOnRecord) {
    const { document } = stands;
    const text = document === null || document.erased ? '' : wordsOf(document);
    if (text !== '') return quote(text, this.words.t('comment.blank'));
    return this.#hasText() || !revisions(this.seen.entries).some((one) => one.document?.erased)
      ? nothing
      : html`<p id="erased" class="soft" tabindex="-1">${this.words.t('standing.erased')}</p>`;
  }

  #hasText(): boolean {
    return this.seen.entries.some((one) => one.kind === 'feedback' && one.document?.content != null);
  }

  /** Feedback that this device did not sign: said, with what to do about it. */
  #stranger(stands: FeedbackOnRecord, gone: boolean) {
    const { words, seen, shop, carrier } = this;
    const stranger = strangerOf(stands, seen);
    if (stranger === null) return nothing;
    const change = words.t(gone ? 'standing.rateAgain' : 'standing.amend');
    const taken = seen.delivery?.taken_over || seen.lack !== null;
    const what = !this.open ? 'closed' : taken ? 'change' : 'takeOver';
    return html`<div id="stranger" class="note watch">
      <p>${words.t(`foreign.${stranger}`)}</p>
      <p>${words.t(`foreign.${what}`, { change, shop, carrier })}</p>
    </div>`;
  }

  /** What shows that it was promised, and what was: for as long as this device keeps it. */
  #proof(stands: FeedbackOnRecord) {
    const { words, seen } = this;
    const sent = seen.outgoing;
    if (sent === null || sent.block !== stands.block) return nothing;
    return html`<div>
      <span class="soft small">${words.t('receipt.digest')}</span><br /><d-copy
        value=${sent.digest}
        short
        label=${words.t('copy')}
        copied=${words.t('copied')}
        name=${words.t('receipt.digest')}
      ></d-copy>
      ${
        sent.receipt === null
          ? nothing
          : html`<save-file
              plain
              label=${words.t('receipt.save')}
              name="doorstep-receipt.json"
              .content=${() => proofOf(sent, seen)}
            ></save-file>`
      }
    </div>`;
  }

  #begun() {
    const { words } = this;
    return html`<div class="note watch">
      <p id="begun">${words.t('change.kept')}</p>
      <div class="actions">
        <button id="change" aria-describedby="begun" @click=${() => this.#amend()}>${words.t('change.goOn')}</button>
        <button class="plain" @click=${this.#drop}>${words.t('change.drop')}</button>
      </div>
    </div>`;
  }

  #actions(gone: boolean) {
    const { words } = this;
    const ask = (what: 'withdraw' | 'erase', text: string) =>
      html`<button id=${what} class="plain" @click=${() => this.#ask(what)}>${words.t(text)}</button>`;
    const change = gone ? 'standing.rateAgain' : 'standing.amend';
    return html`<div class="actions">
      ${
        this.open && !this.begun
          ? html`<button id="change" @click=${() => this.#amend()}>${words.t(change)}</button>`
          : nothing
      }
      ${this.open && !gone ? ask('withdraw', 'standing.withdraw') : nothing}
      ${this.#hasText() ? ask('erase', 'erase.button') : nothing}
    </div>`;
  }

  /** Stays until it is done: what was asked for shows by then. */
  #confirm(what: 'withdraw' | 'erase') {
    const { words } = this;
    return html`<div id="ask" class="note watch" role="group" aria-labelledby="sure" tabindex="-1">
      <p id="sure">${words.t(`${what}.sure`)}</p>
      <div class="actions">
        <button class="primary" @click=${() => this.dispatchEvent(new Event(what))}>
          ${words.t(`${what}.yes`)}
        </button>
        <button @click=${() => this.#ask(null)}>${words.t('form.cancel')}</button>
      </div>
    </div>`;
  }

  #drop = () => {
    this.#asked = null;
    this.dispatchEvent(new Event('drop-change'));
  };

  #ask(what: 'withdraw' | 'erase' | null) {
    this.#asked = what ?? this.asking;
    this.asking = what;
  }

  #amend() {
    const stands = standing(this.seen.entries);
    if (stands === null) return;
    const { item, document } = stands;
    const detail: Draft = {
      overall: item.overall,
      timeliness: item.timeliness,
      packaging: item.packaging,
      professionalism: item.professionalism,
      accuracy: item.accuracy,
      issues: item.issue_bits,
      comment: wordsOf(document),
      driver: item.driver,
    };
    this.dispatchEvent(new CustomEvent<Draft>('amend', { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'standing-feedback': StandingFeedback;
  }
}
