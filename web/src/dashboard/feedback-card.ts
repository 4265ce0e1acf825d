/** What a feedback says, drawn once for inbox, driver and delivery. Texts of recipients are only ever text. */

import { html, nothing, type TemplateResult } from 'lit';
import { quote } from '../look/quote.ts';
import { isCommentAlone, isWithdrawn } from '../service/feedback.ts';
import type { FeedbackEntry } from '../service/models.ts';
import { commentOf } from './issues.ts';
import { feedbackOf } from './serious.ts';
import type { Session } from './session.ts';

const ASPECTS = ['timeliness', 'packaging', 'professionalism', 'accuracy'] as const;

/** Draws ratings, issues and comment. */
export function feedbackBody(session: Session, entry: FeedbackEntry): TemplateResult {
  const words = session.words;
  const item = feedbackOf(entry);
  if (item === null) return html``;
  if (isWithdrawn(item)) return html`<p>${words.t('feedback.withdrawn')}</p>`;
  const aspects = ASPECTS.filter((name) => item[name] > 0);
  return html`<p class="stars">
      ${
        item.overall === 0
          ? words.t(isCommentAlone(item) ? 'feedback.comment-alone' : 'feedback.unrated')
          : html`<span class="star-row" aria-hidden="true">${'★'.repeat(item.overall)}${'☆'.repeat(5 - item.overall)}</span>
              <strong>${words.t('feedback.overall', { count: item.overall })}</strong>`
      }
    </p>
    ${
      aspects.length === 0
        ? nothing
        : html`<p class="soft small">
            ${aspects.map((name) => words.t('feedback.aspect', { name: words.t(`figure.${name}`), stars: item[name] })).join(' · ')}
          </p>`
    }
    ${
      item.issues.length === 0
        ? nothing
        : html`<ul class="quiet-list chips" aria-label=${words.t('issues.title')}>
            ${item.issues.map((name) => html`<li>${words.t(`issue.${name}`)}</li>`)}
          </ul>`
    }
    ${comment(session, entry)}`;
}

function comment(session: Session, entry: FeedbackEntry): TemplateResult | typeof nothing {
  const found = commentOf(entry);
  if (found.kind === 'none') return nothing;
  if (found.kind === 'text') return quote(found.text, '');
  return html`<p class="soft">${session.words.t(`comment.${found.kind}`)}</p>`;
}
