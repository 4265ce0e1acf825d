/** Every refusal says what to do, and has the button or the field that it names. */

import type { Page } from '@playwright/test';
import english from '../../src/recipient/messages/en.json' with { type: 'json' };
import { REFUSALS, type RefusalCode, WAY_NAMES, type Way } from '../../src/recipient/refusals.ts';
import { rate, recorded, submit } from './support/recipient.ts';
import { axe, expect, fits, test } from './support/stack.ts';

const refused = (page: Page) => page.getByRole('heading', { name: 'Not recorded' });
const messages: Readonly<Record<string, unknown>> = english;
const label = (way: Way) => String(messages[WAY_NAMES[way]]);

/** What the service answers in the place of its own. */
function refusal(code: string) {
  const body = { code, reason: null, field: '', message: 'It does not fit.', curable: false };
  return { status: 422, json: { type: 'urn:doorstep:refused', detail: 'no', refusal: body } };
}

/** These follow from who holds the delivery: see the tests of take-overs. */
const BY_HOLDER: readonly RefusalCode[] = ['taken-over', 'not-taken-over', 'bad-signature'];

test('each refusal has exactly the ways on that its words name', async ({ page, stack, watched }) => {
  watched.tolerate(/status of 422/);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  const codes = (Object.keys(REFUSALS) as RefusalCode[]).filter((code) => !BY_HOLDER.includes(code));
  let answer = '';
  await page.route('**/v1/feedback', (route) => route.fulfill(refusal(answer)));
  for (const code of codes) {
    answer = code;
    await rate(page, 3);
    await submit(page).click();
    await expect(refused(page), code).toBeVisible();
    const words = page.getByRole('alert');
    for (const way of ['again', 'change'] as const) {
      const named = (REFUSALS[code] as readonly string[]).includes(way);
      await expect(page.getByRole('button', { name: label(way), exact: true }), code).toHaveCount(
        named ? 1 : 0,
      );
      if (named) await expect(words, code).toContainText(`“${label(way)}”`);
      else await expect(words, code).not.toContainText(label(way));
    }
    await expect(words, code).not.toContainText(/[{}]/);
    await page.getByRole('button', { name: 'Discard it' }).click();
    await expect(submit(page)).toBeVisible();
  }
  answer = 'driver-never-named';
  await rate(page, 2);
  await submit(page).click();
  await axe(page);
  await fits(page, 320);
  await page.getByRole('button', { name: label('change') }).click();
  answer = 'conflict';
  await rate(page, 4);
  await submit(page).click();
  await expect(page.getByText(/other feedback in this one’s place/)).toBeVisible();
  await page.unroute('**/v1/feedback');
  await page.getByRole('button', { name: label('again') }).click();
  await expect(recorded(page)).toBeVisible();
  expect((await stack.delivery(delivery))?.revision).toBe(1);
});

test('held by another before it is read so: the refusal takes the other device’s code', async ({
  page,
  stack,
  watched,
}) => {
  watched.tolerate(/status of 422/);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await page.route('**/v1/key-changes', (route) => route.fulfill(refusal('key-already-changed')));
  await rate(page, 1);
  await submit(page).click();
  await expect(refused(page)).toBeVisible();
  await expect(page.getByRole('alert').first()).toContainText(`“${label('code')}”`);
  await expect(page.getByRole('textbox', { name: label('code') })).toBeVisible();
  await expect(page.getByRole('button', { name: label('again') })).toHaveCount(0);
  await axe(page);
  await fits(page, 320);
});
