/** `<dash-feedback>`: what recipients said, each voice's newest revision, with earlier ones folded under it. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { FeedbackEntry } from '../service/models.ts';
import { feedbackBody } from './feedback-card.ts';
import type { Voice } from './issues.ts';
import { link } from './routes.ts';
import type { Session } from './session.ts';
import { feedbackStyles, shared } from './styles.ts';

const AT_ONCE = 5;

/** Properties: `session`, `voices`. Attribute `with-driver`: each links to its driver instead of to its delivery. */
@customElement('dash-feedback')
export class DashFeedback extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) voices: readonly Voice[] = [];
  @property({ type: Boolean, attribute: 'with-driver' }) withDriver = false;
  @state() private most = AT_ONCE;

  static override styles = [
    controls,
    shared,
    feedbackStyles,
    css`
      .all {
        display: grid;
        gap: var(--d-4);
      }
      .all > li + li {
        border-block-start: 1px solid var(--d-line);
        padding-block-start: var(--d-4);
      }
      summary {
        display: flex;
        align-items: center;
        min-block-size: var(--d-touch);
        cursor: pointer;
        color: var(--d-ink-soft);
      }
      details li {
        padding: var(--d-2) 0 var(--d-2) var(--d-4);
      }
    `,
  ];

  override render() {
    const words = this.session.words;
    return html`<ul class="quiet-list all">
        ${this.voices.slice(0, this.most).map((voice) => this.#voice(voice))}
      </ul>
      ${
        this.voices.length > this.most
          ? html`<button @click=${this.#more}>
              ${words.t('comments.more', { count: this.voices.length - this.most })}
            </button>`
          : nothing
      }`;
  }

  #voice(voice: Voice): TemplateResult {
    const words = this.session.words;
    return html`<li>
      ${feedbackBody(this.session, voice.newest)} ${this.#line(voice.newest)}
      ${
        voice.earlier.length === 0
          ? nothing
          : html`<details>
              <summary>${words.t('comments.earlier', { count: voice.earlier.length })}</summary>
              <ul class="quiet-list">
                ${voice.earlier.map(
                  (one) => html`<li>${feedbackBody(this.session, one)} ${this.#line(one)}</li>`,
                )}
              </ul>
            </details>`
      }
    </li>`;
  }

  #line(entry: FeedbackEntry): TemplateResult {
    const words = this.session.words;
    const revision = words.t('feedback.revision', { revision: String(entry.item.revision) });
    return html`<p class="under">
      <time datetime=${entry.time}>${words.time(entry.time)}</time> · ${revision} ·
      ${
        this.withDriver
          ? entry.driver === 0
            ? words.t('driver.nobody')
            : html`<a class="touch" href=${link('drivers', entry.driver)}
                >${words.t('driver.number', { number: String(entry.driver) })}</a
              >`
          : html`<a class="touch" href=${link('deliveries', entry.delivery_id ?? '')}
              >${words.t('delivery.short', { id: (entry.delivery_id ?? '').slice(0, 12) })}</a
            >`
      }
    </p>`;
  }

  #more = () => {
    this.most += AT_ONCE;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-feedback': DashFeedback;
  }
}
