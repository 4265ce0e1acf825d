/** `<dash-inbox>`: serious feedback, newest first; what comes in while one looks appears by itself. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { FeedbackEntry } from '../service/models.ts';
import { feedbackBody } from './feedback-card.ts';
import type { Live } from './live.ts';
import { trouble } from './load.ts';
import { go, link, type Place } from './routes.ts';
import { isNew } from './serious.ts';
import type { Session } from './session.ts';
import { feedbackStyles, shared } from './styles.ts';

/** Properties: `session`, `place`, `live`. Leaving it takes all that it showed as seen. */
@customElement('dash-inbox')
export class DashInbox extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) place!: Place;
  @property({ attribute: false }) live!: Live;
  @state() private busy = false;

  static override styles = [
    controls,
    shared,
    feedbackStyles,
    css`
      .driver {
        inline-size: 9rem;
      }
      .all {
        display: grid;
        gap: var(--d-4);
      }
      .new {
        border-inline-start: 4px solid var(--d-note);
      }
      .mark {
        padding: 0.1em 0.7em;
        border-radius: 99px;
        background: var(--d-note-soft);
        color: var(--d-note);
        font-size: var(--d-text-s);
        font-weight: 600;
      }
      .all .card {
        display: grid;
        gap: var(--d-2) var(--d-5);
        padding-block: var(--d-3);
      }
      @media (min-width: 42rem) {
        .all .card {
          grid-template-columns: 15rem minmax(0, 1fr);
        }
      }
      .card h2 {
        display: flex;
        align-items: center;
        gap: var(--d-2) var(--d-3);
        margin: 0;
        font-size: var(--d-text);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.live.addEventListener('inbox', this.#changed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.live.removeEventListener('inbox', this.#changed);
    if (!this.session.signal.aborted) this.live.markSeen();
  }

  override render() {
    const words = this.session.words;
    const driver = /^\d{1,10}$/.test(this.place.query.driver ?? '') ? Number(this.place.query.driver) : null;
    const shown = this.live.inbox.filter((one) => driver === null || one.driver === driver);
    return html`<div class="stack">
      <div class="head">
        <h1 tabindex="-1">${words.t('inbox.title')}</h1>
        <div class="fields">
          <div class="field">
            <label for="driver">${words.t('drivers.number')}</label>
            <input
              id="driver"
              class="driver"
              type="search"
              inputmode="numeric"
              .value=${this.place.query.driver ?? ''}
              @input=${this.#filter}
            />
          </div>
          ${
            this.live.unseen === 0
              ? nothing
              : html`<button @click=${() => this.live.markSeen()}>${words.t('inbox.seen')}</button>`
          }
        </div>
      </div>
      <p class="soft">${words.t('inbox.what')}</p>
      ${this.#list(shown, driver)}
    </div>`;
  }

  #list(shown: readonly FeedbackEntry[], driver: number | null): TemplateResult {
    const words = this.session.words;
    if (!this.live.loaded) {
      if (this.live.trouble !== null) return trouble(words, this.live.trouble, () => void this.live.reload());
      return html`<d-state kind="loading" heading=${words.t('state.loading', { what: words.t('inbox.title') })}></d-state>`;
    }
    return html`${
      shown.length === 0
        ? html`<d-state
            kind="empty"
            heading=${words.t(driver === null ? 'inbox.none' : 'inbox.none-of')}
            detail=${words.t('inbox.none.detail')}
          ></d-state>`
        : html`<ul class="quiet-list all">
            ${shown.map((one) => this.#item(one))}
          </ul>`
    }
    ${
      this.live.hasMore
        ? html`<button aria-disabled=${this.busy} @click=${this.#more}>${words.t('inbox.older')}</button>`
        : nothing
    }`;
  }

  #item(entry: FeedbackEntry): TemplateResult {
    const words = this.session.words;
    const fresh = isNew(entry, this.live.seen);
    const delivery = entry.delivery_id ?? '';
    return html`<li class="card ${fresh ? 'new' : ''}">
      <div class="about">
        <h2>
          ${
            entry.driver === 0
              ? words.t('driver.nobody')
              : html`<a class="touch" href=${link('drivers', entry.driver)}
                  >${words.t('driver.number', { number: String(entry.driver) })}</a
                >`
          }
          ${fresh ? html`<span class="mark">${words.t('inbox.new')}</span>` : nothing}
        </h2>
        <time class="under" datetime=${entry.time}>${words.time(entry.time)}</time>
        <a class="touch small" href=${link('deliveries', delivery)}
          >${words.t('delivery.short', { id: delivery.slice(0, 12) })}</a
        >
      </div>
      <div>
        ${entry.superseded ? html`<p class="note">${words.t('inbox.superseded')}</p>` : nothing}
        ${feedbackBody(this.session, entry)}
      </div>
    </li>`;
  }

  #filter = (event: Event) => {
    go(this, link('inbox', null, { driver: (event.target as HTMLInputElement).value.trim() }), true);
  };

  #more = async () => {
    if (this.busy) return;
    this.busy = true;
    await this.live.more();
    this.busy = false;
  };

  #changed = () => this.requestUpdate();
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-inbox': DashInbox;
  }
}
