/** What a feedback amounts to by its values: a rating, words alone, or taking back what was said. */

import { expect, test } from '@playwright/test';
import { type Hex, ZERO_HASH } from '../../src/core/hex.ts';
import { sentenceOf } from '../../src/dashboard/entries.ts';
import explorer from '../../src/explorer/messages/en.json' with { type: 'json' };
import { sentence } from '../../src/explorer/record/sentences.ts';
import { isCommentAlone, isWithdrawn } from '../../src/service/feedback.ts';
import { type Messages, Words } from '../../src/words/words.ts';
import { feedbackEntry } from './support/deliveries.ts';

const WORDS: Hex = `0x${'77'.repeat(32)}`;
const NOTHING = {
  overall: 0,
  timeliness: 0,
  packaging: 0,
  professionalism: 0,
  accuracy: 0,
  issue_bits: 0,
  content_hash: ZERO_HASH,
};

test('only what rates nothing, flags nothing and has no words withdraws', () => {
  expect(isWithdrawn(NOTHING)).toBe(true);
  expect(isCommentAlone(NOTHING)).toBe(false);
  const alone = { ...NOTHING, content_hash: WORDS };
  expect(isWithdrawn(alone)).toBe(false);
  expect(isCommentAlone(alone)).toBe(true);
  for (const name of Object.keys(NOTHING).filter((one) => one !== 'content_hash'))
    for (const content_hash of [ZERO_HASH, WORDS]) {
      const rated = { ...NOTHING, content_hash, [name]: 1 };
      expect([isWithdrawn(rated), isCommentAlone(rated)], `${name} ${content_hash}`).toEqual([false, false]);
    }
});

test('dashboard and explorer call words alone a comment, and nothing at all a withdrawal', () => {
  const of = (content_hash: Hex) => {
    const made = feedbackEntry(2, 0);
    return { ...made, item: { ...made.item, content_hash } };
  };
  const naming = { member: String, driver: String, time: String };
  expect(sentenceOf(of(WORDS), naming).key).toBe('entry.feedback.comment');
  expect(sentenceOf(of(ZERO_HASH), naming).key).toBe('entry.feedback.withdrawn');
  const words = new Words('en', explorer as Messages);
  const text = (hash: Hex) =>
    sentence({ words, members: [] }, of(hash))
      .map((one) => one.text)
      .join('');
  expect(text(WORDS)).toContain('a comment, no rating');
  expect(text(ZERO_HASH)).toContain('withdrew');
});
