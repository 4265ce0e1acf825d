/** `<past-feedback>`: earlier revisions of the recipient's feedback; on record for good, though they count no more. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import { quote, quoteStyles } from '../look/quote.ts';
import { wordsOf } from '../service/documents.ts';
import type { Words } from '../words/words.ts';
import { revisions, type Snapshot, strangerOf } from './flow.ts';
import './stars-line.ts';
import { moment } from './times.ts';

/** Properties: `words`, `seen`. */
@customElement('past-feedback')
export class PastFeedback extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) seen!: Snapshot;

  static override styles = [
    controls,
    quoteStyles,
    css`
      section,
      ol,
      li {
        display: grid;
        gap: var(--d-3);
      }
      li {
        padding-block-start: var(--d-3);
        border-block-start: 1px solid var(--d-line);
      }
    `,
  ];

  override render() {
    const { words } = this;
    const earlier = revisions(this.seen.entries).slice(1);
    if (earlier.length === 0) return nothing;
    return html`<section>
      <h2>${words.t('past.heading')}</h2>
      <p class="soft small">${words.t('past.text')}</p>
      <ol class="quiet-list" reversed>
        ${earlier.map(
          (one) => html`<li>
            <p class="small soft">
              ${words.t('past.revision', {
                revision: one.item.revision,
                time: moment(words, one.time),
                block: words.number(one.block),
              })}
            </p>
            ${strangerOf(one, this.seen) === null ? nothing : html`<p class="small">${words.t('foreign.past')}</p>`}
            <stars-line .words=${words} .item=${one.item}></stars-line>
            ${
              one.document === null
                ? nothing
                : one.document.erased
                  ? html`<p class="soft">${words.t('standing.erased')}</p>`
                  : quote(wordsOf(one.document), words.t('comment.blank'))
            }
          </li>`,
        )}
      </ol>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'past-feedback': PastFeedback;
  }
}
