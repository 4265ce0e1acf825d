/** How often each issue was named, each leading to the feedback that named it. */

import { css, html, nothing, type TemplateResult } from 'lit';
import type { IssueName } from '../core/vocabulary.ts';
import type { Reputation } from '../service/models.ts';
import type { Words } from '../words/words.ts';
import { issueCounts } from './issues.ts';
import { link } from './routes.ts';

export const issuesStyles = css`
  .issues {
    display: grid;
    grid-template-columns: minmax(0, auto) minmax(2rem, 1fr) max-content;
    gap: var(--d-2) var(--d-3);
    align-items: center;
  }
  .issues li {
    display: contents;
  }
  .share {
    display: block;
    inline-size: 100%;
    block-size: 0.75rem;
  }
  .share .ground {
    fill: var(--d-raised);
  }
  .share .part {
    fill: var(--d-accent);
  }
`;

/** Draws a driver's issues; `named` is the one whose feedback shows. */
export function issuesCard(
  words: Words,
  found: Reputation,
  driver: number,
  asOf: string | null,
  named: IssueName | null,
): TemplateResult {
  const counts = issueCounts(found);
  const feedback = found.counts.feedback ?? 0;
  return html`<section class="card" aria-labelledby="issues">
      <h2 id="issues">${words.t('issues.title')}</h2>
      ${
        counts.length === 0
          ? html`<p class="soft">${words.t('issues.no', { count: feedback })}</p>`
          : html`<p class="soft small">${words.t('issues.of-feedback', { count: feedback })}</p>
              <ul class="quiet-list issues">
                ${counts.map(
                  (one) => html`<li>
                    <a class="touch" href=${link('drivers', driver, { as_of: asOf, issue: one.name })}
                      aria-current=${named === one.name ? 'true' : nothing}
                      >${words.t(`issue.${one.name}`)}</a
                    >
                    <svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                      <rect class="ground" width="100" height="10"></rect>
                      <rect class="part" width=${(100 * one.count) / Math.max(feedback, 1)} height="10"></rect>
                    </svg>
                    <span class="number">${words.t('issues.count', { part: one.count, whole: feedback })}</span>
                  </li>`,
                )}
              </ul>`
      }
    </section>`;
}
