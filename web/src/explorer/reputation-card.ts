/** `<reputation-card>`: standing and figures of a driver, a carrier or a shipper, where the reader may see them. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import '../look/d-standing.ts';
import type { Figure, Reputation } from '../service/models.ts';
import { type Context, orNothing, stateOf } from './context.ts';
import { layout } from './explorer-styles.ts';

const MILLION = 1_000_000;
const RATINGS = ['overall', 'timeliness', 'packaging', 'professionalism', 'accuracy'];

export type Of = 'drivers' | 'carriers' | 'shippers';

/** A reputation as it was asked for: `found` is null where it is not for this reader. */
export interface Asked {
  readonly of: Of;
  readonly found: Reputation | null;
  readonly failure: unknown;
}

/** Asks for a reputation; a failure is part of the answer, so that the rest of a page can be shown without it. */
export async function askReputation(
  context: Context,
  of: Of,
  number: number,
  signal: AbortSignal,
): Promise<Asked> {
  const path = `/v1/${of}/${number}/reputation`;
  try {
    return { of, found: await orNothing(context.client.get<Reputation>(path, {}, signal)), failure: null };
  } catch (failure) {
    return { of, found: null, failure };
  }
}

/** Properties: `context`, `asked`. Event: `again`, when a failed one is to be asked for once more. */
@customElement('reputation-card')
export class ReputationCard extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property({ attribute: false }) asked: Asked | null = null;

  static override styles = [
    controls,
    layout,
    css`
      tbody th {
        color: var(--d-ink);
        font-weight: 400;
        white-space: normal;
      }
      @media (max-width: 30rem) {
        /* The count stays in sight: no figure without it. */
        th,
        td {
          padding-inline: 0.125rem;
          font-size: 0.8125rem;
        }
        tbody th {
          hyphens: auto;
          overflow-wrap: anywhere;
        }
        thead th {
          white-space: normal;
          vertical-align: bottom;
        }
      }
      ul {
        padding-inline-start: 1.25rem;
      }
    `,
  ];

  override render() {
    if (this.context === null || this.asked === null) return nothing;
    const { words } = this.context;
    const { of, found, failure } = this.asked;
    return html`<section class="card stack">
      <h2>${words.t(`reputation.${of}`)}</h2>
      ${
        failure !== null
          ? stateOf(words, failure, () => this.dispatchEvent(new Event('again')))
          : found === null
            ? html`<p class="soft">${words.t('reputation.private')}</p>`
            : this.#figures(found)
      }
    </section>`;
  }

  #figures(reputation: Reputation) {
    const { words } = this.context as Context;
    const rows = Object.entries(reputation.figures).filter(([, figure]) => figure.n > 0);
    const main = rows.filter(([name]) => !name.startsWith('issue_'));
    const issues = rows.filter(([name]) => name.startsWith('issue_'));
    return html`<div class="row">
        <d-standing standing=${reputation.standing} label=${words.t(`standing.${reputation.standing}`)}></d-standing>
        <span class="small soft">
          ${words.t('reputation.as-of', {
            policy: String(reputation.policy),
            time: words.time(reputation.as_of),
            block: String(reputation.block?.number ?? '–'),
          })}
        </span>
      </div>
      <ul>
        ${reputation.reasons.map((reason) => html`<li>${reason}</li>`)}
      </ul>
      ${
        rows.length === 0
          ? html`<p class="soft">${words.t('reputation.nothing')}</p>`
          : html`${this.#table(words.t('reputation.caption'), main)}
              <details>
                <summary>${words.t('reputation.issues')}</summary>
                ${this.#table(words.t('reputation.caption'), issues)}
              </details>`
      }`;
  }

  #table(caption: string, rows: readonly (readonly [string, Figure])[]) {
    const { words } = this.context as Context;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.t('reputation.table')}>
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            <th scope="col">${words.t('reputation.figure')}</th>
            <th scope="col" class="number">${words.t('reputation.mean')}</th>
            <th scope="col" class="number">${words.t('reputation.range')}</th>
            <th scope="col" class="number">${words.t('reputation.count')}</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(([name, figure]) => this.#row(name, figure))}
        </tbody>
      </table>
    </div>`;
  }

  #row(name: string, figure: Figure) {
    const { words } = this.context as Context;
    const key = name.startsWith('issue_') ? `issue.${name.slice('issue_'.length)}` : `figure.${name}`;
    const label = words.has(key) ? words.t(key) : name;
    const show = (millionths: number) =>
      RATINGS.includes(name) ? words.number(millionths / MILLION, 2) : words.percent(millionths / MILLION, 1);
    return html`<tr>
      <th scope="row">${label}</th>
      <td class="number">${show(figure.mean)}</td>
      <td class="number">${show(figure.low)} – ${show(figure.high)}</td>
      <td class="number">${words.number(figure.n)}</td>
    </tr>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'reputation-card': ReputationCard;
  }
}
