/** What others wrote stays in its place and shows what it is, on the recipient's page and the dashboard. */

import type { Page } from '@playwright/test';
import { rate, recorded, submit, words } from './support/recipient.ts';
import { axe, expect, fits, test } from './support/stack.ts';

const FILLERS = '\u1160'.repeat(400);
const ZALGO = Array.from('He comes', (letter) => letter + '\u0301\u0316\u0353\u033f\u0489'.repeat(40)).join(
  '',
);
const CASES = [
  ['a word of 400 letters', 'w'.repeat(400), 'w'.repeat(400)],
  ['a cluster without a place to break', `한${FILLERS}`, '한'],
  ['marks piled up', ZALGO, 'H'],
  ['only invisible characters', FILLERS, 'no visible words'],
  ['right to left', 'وصل الطرد متأخرا جدا.', 'وصل الطرد'],
] as const;

/** Asserts that quotes neither widen the page nor paint beyond themselves. */
async function inPlace(page: Page): Promise<void> {
  for (const width of [320, 1280]) await fits(page, width);
  const quotes = page.locator('blockquote');
  for (let at = 0; at < (await quotes.count()); at++)
    await expect(quotes.nth(at)).toHaveCSS('contain', 'inline-size paint');
}

for (const [name, comment, shown] of CASES)
  test(`a comment of ${name} keeps its place`, async ({ page, context, stack }) => {
    const delivery = await stack.delivered();
    await stack.feedback(delivery, { overall: 1, driver: delivery.driver, comment });
    await page.goto(delivery.link);
    await expect(recorded(page)).toBeVisible();
    await expect(page.locator('standing-feedback')).toContainText(shown);
    await inPlace(page);
    if (name === 'right to left') await expect(page.locator('blockquote')).toHaveCSS('direction', 'rtl');
    await page.getByRole('button', { name: 'Change my feedback' }).click();
    await expect(words(page)).toHaveAttribute('dir', 'auto');
    await inPlace(page);
    const dashboard = await context.newPage();
    await dashboard.goto(`${stack.origin}/dashboard`);
    await dashboard.getByLabel("Your member's key").fill(delivery.carrier.key);
    await dashboard.getByRole('button', { name: 'Sign in' }).click();
    for (const place of [
      `inbox?driver=${delivery.driver}`,
      `drivers/${delivery.driver}`,
      `deliveries/${delivery.deliveryId}`,
    ]) {
      await dashboard.evaluate((to) => {
        history.pushState(null, '', to);
        dispatchEvent(new PopStateEvent('popstate'));
      }, `/dashboard/${place}`);
      await expect(dashboard.getByText(shown).first(), place).toBeVisible();
      await inPlace(dashboard);
    }
  });

test('words without stars are sent, recorded and shown as a comment; the carrier reads them', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await page.getByRole('button', { name: 'Write a comment without stars' }).click();
  await expect(words(page)).toBeFocused();
  await words(page).fill('\u200b \u2800');
  await submit(page).click();
  await expect(page.getByText('Choose one to five stars, or write a comment.')).toBeVisible();
  await words(page).fill('I have nothing to rate: thank you all.');
  await axe(page);
  await fits(page, 320);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await expect(page.getByText('Comment only, no stars')).toBeVisible();
  await expect(page.getByText('I have nothing to rate: thank you all.')).toBeVisible();
  await expect(page.getByText(/^Withdrawn/)).toHaveCount(0);
  await axe(page);
  const history = await stack
    .as(delivery.carrier)
    .get<{ entries: { kind: string; document: { content: unknown } | null }[] }>(
      `/v1/deliveries/${delivery.deliveryId}/history`,
    );
  expect(history.entries.find((one) => one.kind === 'feedback')?.document?.content).toMatchObject({
    comment: 'I have nothing to rate: thank you all.',
  });
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await expect(words(page)).toHaveValue('I have nothing to rate: thank you all.');
  await rate(page, 5);
  await submit(page).click();
  await expect(page.getByText('5 of 5 stars: excellent').first()).toBeAttached();
  await page.getByRole('button', { name: 'Withdraw my rating' }).click();
  await page.getByRole('button', { name: 'Withdraw it' }).click();
  await expect(page.getByRole('heading', { name: /^Withdrawn in block/ })).toBeVisible();
});
