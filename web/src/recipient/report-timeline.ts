/** `<report-timeline>`: everything that was reported, newest first. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Words } from '../words/words.ts';
import { nameOf, type Snapshot } from './flow.ts';
import { reportsOf } from './situation.ts';
import { moment } from './times.ts';

interface Happening {
  readonly at: string;
  readonly text: string;
  readonly by: string;
  readonly block: number;
  readonly kind: string;
}

/** Properties: `words`, `seen`, `carrier` (its name). */
@customElement('report-timeline')
export class ReportTimeline extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) seen!: Snapshot;
  @property() carrier = '';

  // The last report's disc among rings is filled by its border, which forced colours keep.
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: var(--d-4);
      }
      ol {
        display: grid;
      }
      li {
        position: relative;
        display: grid;
        gap: 0.1rem;
        padding: 0 0 var(--d-5) var(--d-5);
        border-inline-start: 2px solid var(--d-line);
        margin-inline-start: 0.4rem;
      }
      li:last-child {
        padding-block-end: 0;
        border-color: transparent;
      }
      li::before {
        content: '';
        position: absolute;
        inset-inline-start: -0.425rem;
        inset-block-start: 0.35rem;
        inline-size: 0.75rem;
        block-size: 0.75rem;
        border-radius: 50%;
        background: var(--d-surface);
        border: 2px solid var(--d-line-strong);
      }
      li:first-child::before {
        border: 0.375rem solid var(--d-accent);
      }
    `,
  ];

  override render() {
    const { words } = this;
    return html`<h2>${words.t('timeline.heading')}</h2>
      <ol class="quiet-list">
        ${this.#happenings().map(
          (one, place) => html`<li aria-current=${place === 0 ? 'true' : nothing}>
            <strong>${one.text}</strong>
            <time datetime=${one.at} class="small">${moment(words, one.at)}</time>
            <span class="soft small"
              >${one.by} ${words.t('timeline.block', { block: words.number(one.block) })}</span
            >
          </li>`,
        )}
      </ol>`;
  }

  #happenings(): Happening[] {
    const { words, carrier } = this;
    const { delivery, entries, ledger } = this.seen;
    if (delivery === null) return [];
    const shop = nameOf(ledger, delivery.shipper) ?? '';
    const opening = entries.find((entry) => entry.kind === 'opening');
    const reports = reportsOf(entries).map((report) => ({
      at: report.at,
      text: words.t(`report.${report.outcome}`),
      by:
        report.outcome === 'cancelled'
          ? words.t('timeline.by', { name: shop })
          : report.driver === 0
            ? words.t('timeline.by', { name: carrier })
            : words.t('timeline.byDriver', { name: carrier, driver: String(report.driver) }),
      block: report.block,
      kind: report.outcome,
    }));
    const opened: Happening[] =
      opening === undefined
        ? []
        : [
            {
              at: opening.time,
              text: words.t('report.opened'),
              by: words.t('timeline.by', { name: shop }),
              block: opening.block,
              kind: 'opened',
            },
          ];
    return [...opened, ...reports].reverse();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'report-timeline': ReportTimeline;
  }
}
