/** `<taken-over>`: another device holds this delivery: what that means, and the ways on. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Words } from '../words/words.ts';
import { type Snapshot, takenOverAt } from './flow.ts';
import './import-code.ts';
import { moment } from './times.ts';
import type { Visit } from './visit.ts';

/** Properties: `words`, `seen`, `shop` (its name, or null), `visit`. */
@customElement('taken-over')
export class TakenOver extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) seen!: Snapshot;
  @property({ attribute: false }) shop: string | null = null;
  @property({ attribute: false }) visit: Visit | null = null;

  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: var(--d-4);
      }
    `,
  ];

  override render() {
    const { words } = this;
    const when = takenOverAt(this.seen);
    return html`<h2 id="heading" part="heading" tabindex="-1">${words.t('taken.heading')}</h2>
      <p>
        ${
          when === null
            ? words.t('taken.since')
            : words.t('taken.sinceTime', { time: moment(words, when.at), block: words.number(when.block) })
        }
        ${words.t('taken.meaning')}
      </p>
      ${this.seen.lack === 'failing' ? html`<p class="note watch">${words.t('device.failing')} ${words.t('taken.perhapsHere')}</p>` : nothing}
      <h3>${words.t('taken.yours')}</h3>
      <p>${words.t('taken.yoursText')}</p>
      ${this.visit === null ? nothing : html`<import-code .words=${words} .visit=${this.visit}></import-code>`}
      <h3>${words.t('taken.notYours')}</h3>
      <p>${words.t('taken.notYoursText', { shop: this.shop ?? words.t('taken.theShop') })}</p>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'taken-over': TakenOver;
  }
}
