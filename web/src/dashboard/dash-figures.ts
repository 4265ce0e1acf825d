/** `<dash-figures>`: every figure of a reputation with bounds and counts, in the policy's variants. */

import { html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Figure, Reputation } from '../service/models.ts';
import type { Words } from '../words/words.ts';
import { amount, bounds, counted, scaleOf } from './figures.ts';
import { shared } from './styles.ts';

const VARIANTS = ['without_excluded', 'after_take_over', 'with_unaccepted'] as const;

/** Properties: `words`, `reputation`. */
@customElement('dash-figures')
export class DashFigures extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) reputation!: Reputation;

  static override styles = [controls, shared];

  override render() {
    const t = this.words.t.bind(this.words);
    const { figures, variants } = this.reputation;
    const shown = VARIANTS.filter((one) => variants[one] !== undefined);
    return html`<div class="scroll" role="group" tabindex="0" aria-label=${t('figures.title')}>
      <table>
        <caption>
          ${t('figures.caption')}
        </caption>
        <thead>
          <tr>
            <th scope="col">${t('figures.figure')}</th>
            <th scope="col" class="number">${t('figures.all')}</th>
            ${shown.map((one) => html`<th scope="col" class="number">${t(`figures.${one}`)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${Object.entries(figures).map(
            ([name, figure]) => html`<tr>
              <th scope="row">${t(`figure.${name}`)}</th>
              <td class="number">${this.#figure(name, figure)}</td>
              ${shown.map((one) => html`<td class="number">${this.#figure(name, variants[one]?.[name])}</td>`)}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  #figure(name: string, figure: Figure | undefined) {
    if (figure === undefined) return '—';
    if (figure.n === 0) return html`<span class="soft">${this.words.t('figures.nothing')}</span>`;
    const scale = scaleOf(name);
    return html`<span class="value">${amount(this.words, figure.mean, scale, 1)}</span>,
      <span class="number">${bounds(this.words, figure, scale, 1)}</span>
      <span class="under">${counted(this.words, figure)}</span>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-figures': DashFigures;
  }
}
