/** `<dash-entries>`: entries of the record in words, as a timeline. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Entry } from '../service/models.ts';
import { type Naming, sentenceOf } from './entries.ts';
import { link } from './routes.ts';
import { feedbackOf } from './serious.ts';
import type { Session } from './session.ts';
import { shared } from './styles.ts';

const AT_ONCE = 12;

/** Properties: `session`, `entries` (in the order to show). Attribute `with-delivery`: each links to its delivery. */
@customElement('dash-entries')
export class DashEntries extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) entries: readonly Entry[] = [];
  @property({ type: Boolean, attribute: 'with-delivery' }) withDelivery = false;

  @state() private most = AT_ONCE;

  static override styles = [
    controls,
    shared,
    css`
      ol {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--d-3);
        list-style: none;
        padding: 0;
      }
      ol + button {
        margin-block-start: var(--d-3);
      }
      li {
        border-inline-start: 3px solid var(--d-line);
        padding-inline-start: var(--d-3);
      }
      li.feedback {
        border-color: var(--d-star);
      }
      li.report {
        border-color: var(--d-accent);
      }
    `,
  ];

  override render() {
    if (this.entries.length === 0) return html`<p class="soft">${this.session.words.t('entries.none')}</p>`;
    return html`<ol>
        ${this.entries.slice(0, this.most).map((entry) => this.#entry(entry))}
      </ol>
      ${
        this.entries.length > this.most
          ? html`<button @click=${this.#more}>${this.session.words.t('more')}</button>`
          : nothing
      }`;
  }

  #more = () => {
    this.most += AT_ONCE;
  };

  #entry(entry: Entry): TemplateResult {
    const words = this.session.words;
    const naming: Naming = {
      member: (number) => this.session.nameOf(number),
      driver: (number) =>
        number === 0 ? words.t('driver.nobody') : words.t('driver.number', { number: String(number) }),
      time: (instant) => words.time(instant),
    };
    const { key, values } = sentenceOf(entry, naming);
    const issues = feedbackOf(entry)?.issues ?? [];
    return html`<li class=${entry.kind}>
      <span>${words.t(key, values)}</span>
      ${issues.length === 0 ? nothing : html`<span class="under">${issues.map((one) => words.t(`issue.${one}`)).join(', ')}</span>`}
      <span class="under"
        ><time datetime=${entry.time}>${words.time(entry.time)}</time>, ${words.t('entry.block', { block: String(entry.block) })}
        ${
          this.withDelivery && entry.delivery_id !== null
            ? html`· <a class="touch" href=${link('deliveries', entry.delivery_id)}
                >${words.t('delivery.short', { id: entry.delivery_id.slice(0, 12) })}</a
              >`
            : nothing
        }</span
      >
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-entries': DashEntries;
  }
}
