/** `<standing-feedback>`: the recipient's feedback that stands on record, and what can still be done with it. */

import { css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Draft } from '../device/records.ts';
import { wordsOf } from '../service/documents.ts';
import '../look/d-copy.ts';
import { type FeedbackOnRecord, isWithdrawn, standing } from './flow.ts';
import { OutcomeView } from './outcome-view.ts';
import './stars-line.ts';
import { moment } from './times.ts';

/** Properties: `words`, `seen`, `open` (feedback is taken). Events: `amend` (detail: a Draft), `withdraw`, `erase`. */
@customElement('standing-feedback')
export class StandingFeedback extends OutcomeView {
  @property({ type: Boolean }) open = false;
  @state() private asking: 'withdraw' | 'erase' | null = null;

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

  override render() {
    const { words } = this;
    const stands = standing(this.seen.entries);
    if (stands === null) return nothing;
    const gone = isWithdrawn(stands.item);
    const digest = this.seen.outgoing?.block === stands.block ? this.seen.outgoing.digest : null;
    const heading = gone ? 'standing.headingWithdrawn' : 'standing.heading';
    return html`${this.heading('✓', 'good', words.t(heading, { block: words.number(stands.block) }))}
      <p class="soft">
        ${words.t('standing.since', { time: moment(words, stands.time), revision: stands.item.revision })}
      </p>
      ${gone ? nothing : html`<stars-line .words=${words} .item=${stands.item}></stars-line>`}
      ${this.#comment(stands)}
      ${
        digest === null
          ? nothing
          : html`<p>
              <span class="soft small">${words.t('receipt.digest')}</span><br /><d-copy
                value=${digest}
                short
                label=${words.t('copy')}
                copied=${words.t('copied')}
                name=${words.t('receipt.digest')}
              ></d-copy>
            </p>`
      }
      ${this.asking === null ? this.#actions(stands, gone) : this.#confirm(this.asking)}`;
  }

  #comment(stands: FeedbackOnRecord) {
    if (stands.document === null) return nothing;
    if (stands.document.erased) return html`<p class="soft">${this.words.t('standing.erased')}</p>`;
    return html`<blockquote>${wordsOf(stands.document)}</blockquote>`;
  }

  #actions(stands: FeedbackOnRecord, gone: boolean) {
    const { words } = this;
    const hasText = this.seen.entries.some((one) => one.kind === 'feedback' && one.document?.content != null);
    const ask = (what: 'withdraw' | 'erase') => () => {
      this.asking = what;
    };
    return html`<div class="actions">
      ${
        this.open
          ? html`<button @click=${() => this.#amend(stands)}>${words.t(gone ? 'standing.rateAgain' : 'standing.amend')}</button>`
          : nothing
      }
      ${this.open && !gone ? html`<button class="plain" @click=${ask('withdraw')}>${words.t('standing.withdraw')}</button>` : nothing}
      ${hasText ? html`<button class="plain" @click=${ask('erase')}>${words.t('erase.button')}</button>` : nothing}
    </div>`;
  }

  #confirm(what: 'withdraw' | 'erase') {
    const { words } = this;
    return html`<div class="note watch" role="group" aria-labelledby="sure">
      <p id="sure">${words.t(`${what}.sure`)}</p>
      <div class="actions">
        <button class="primary" @click=${() => this.#confirmed(what)}>${words.t(`${what}.yes`)}</button>
        <button @click=${() => this.#confirmed(null)}>${words.t('form.cancel')}</button>
      </div>
    </div>`;
  }

  #confirmed(what: 'withdraw' | 'erase' | null) {
    this.asking = null;
    if (what !== null) this.dispatchEvent(new Event(what));
  }

  #amend(stands: FeedbackOnRecord) {
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
