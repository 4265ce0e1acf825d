/** What stands in the cells of the drivers' table. */

import { html, nothing, type TemplateResult } from 'lit';
import type { DriverRow, Figure, Reputation } from '../service/models.ts';
import type { Words } from '../words/words.ts';
import { amount, bounds, counted, issuesNamed, issuesPerThousand, type Scale } from './figures.ts';
import { utcDay } from './instant.ts';
import { bar, THRESHOLDS } from './marks.ts';
import type { Column } from './rows.ts';

type Cell = (words: Words, reputation: Reputation) => TemplateResult;

/** By column; the driver's own and the weeks are drawn by the table. */
export const DRIVER_CELLS: Readonly<Record<Exclude<Column, 'weeks'>, Cell>> = {
  driver: (_words, reputation) => html`${reputation.driver}`,
  standing: (words, reputation) =>
    html`<d-standing
      standing=${reputation.standing}
      label=${words.t(`standing.${reputation.standing}`)}
    ></d-standing>`,
  overall: (words, reputation) =>
    reputation.standing === 'insufficient'
      ? html`<span class="soft">${tooFew(words, reputation)}</span>`
      : figureCell(words, reputation.figures.overall, 'stars', THRESHOLDS),
  kept: (words, reputation) => {
    const { kept = 0, broken = 0 } = reputation.counts;
    return ofParts(words, reputation.figures.promise_kept, 'kept.of', kept, kept + broken);
  },
  response: (words, reputation) => {
    const figure = reputation.figures.response;
    return figure === undefined || figure.n === 0
      ? html`<span class="soft">${words.t('response.none')}</span>`
      : figureCell(words, figure, 'share', null);
  },
  issues: (words, reputation) => {
    const rate = issuesPerThousand(reputation);
    const feedback = reputation.counts.feedback ?? 0;
    if (rate === null) return html`<span class="soft">${words.t('issues.none')}</span>`;
    return html`<span class="value">${words.number(rate)}</span>
      <span class="under">${words.t('issues.of', { issues: issuesNamed(reputation), count: feedback })}</span>`;
  },
  count: (words, reputation) =>
    html`<span class="value">${words.number((reputation.figures.overall?.count ?? 0) / 1000, 1)}</span>
      <span class="under">${words.t('count.n', { n: reputation.figures.overall?.n ?? 0 })}</span>`,
};

/** Returns the plain sentence that stands where a standing cannot be said yet. */
export function tooFew(words: Words, reputation: Reputation): string {
  const figure = reputation.figures.overall;
  return words.t('too-few', {
    effective: words.number((figure?.count ?? 0) / 1000, 1),
    n: figure?.n ?? 0,
  });
}

/** Draws a figure: mean, bounds and counts; with a bar where `marks` says what is marked on it. */
export function figureCell(
  words: Words,
  figure: Figure | undefined,
  scale: Scale,
  marks: readonly number[] | null,
): TemplateResult {
  if (figure === undefined) return html`—`;
  return html`${meanAndBounds(words, figure, scale)} ${marks === null ? nothing : bar(figure, scale, marks)}
    <span class="under">${counted(words, figure)}</span>`;
}

function meanAndBounds(words: Words, figure: Figure, scale: Scale): TemplateResult {
  return html`<span class="line"
    ><span class="value">${amount(words, figure.mean, scale)}</span>,
    <span class="number">${bounds(words, figure, scale)}</span></span
  >`;
}

function ofParts(
  words: Words,
  figure: Figure | undefined,
  key: string,
  part: number,
  whole: number,
): TemplateResult {
  if (figure === undefined || whole === 0) return html`<span class="soft">${words.t(`${key}.none`)}</span>`;
  return html`${meanAndBounds(words, figure, 'share')}
    <span class="under">${words.t(key, { part, whole })}</span>
    <span class="under">${counted(words, figure)}</span>`;
}

/** Draws the table behind a sparkline. */
export function weeksTable(words: Words, row: DriverRow): TemplateResult {
  return html`<h2 id="weeks-title">${words.t('weeks.title', { number: String(row.driver) })}</h2>
    <div class="scroll" tabindex="0" role="group" aria-labelledby="weeks-title">
      <table>
        <caption>
          ${words.t('weeks.caption')}
        </caption>
        <thead>
          <tr>
            <th scope="col">${words.t('weeks.from')}</th>
            <th scope="col" class="number">${words.t('weeks.mean')}</th>
            <th scope="col" class="number">${words.t('weeks.n')}</th>
          </tr>
        </thead>
        <tbody>
          ${(row.weeks ?? []).map(
            (week) => html`<tr>
              <th scope="row">${utcDay(words.locale, week.from)}</th>
              <td class="number">${week.mean === null ? '—' : amount(words, week.mean, 'stars')}</td>
              <td class="number">${words.number(week.n)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
