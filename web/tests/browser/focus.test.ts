/** Where the keyboard is after each thing that changes the page: never nowhere. */

import type { Page } from '@playwright/test';
import { signIn } from './support/dashboard.ts';
import { expect, test } from './support/stack.ts';

/** Returns what has the focus, through all shadow roots. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at?.localName ?? '';
  });
}

test('the explorer: recomputing keeps its button, older entries are led to, and so is the page one goes back to', async ({
  page,
  stack,
}) => {
  for (let n = 0; n < 7; n += 1) await stack.delivered();
  await page.goto(`${stack.origin}/explorer/drivers/${stack.carrier.drivers[0]}`);
  const check = page.getByRole('button', { name: 'Recompute the record head' });
  await check.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-verdict=green]')).toBeVisible();
  await expect(page.locator('head-check').getByRole('button').first()).toBeFocused();

  await page.goto(`${stack.origin}/explorer`);
  const rows = page.locator('explorer-entries explorer-entry');
  await expect(rows).toHaveCount(10);
  await page.getByRole('button', { name: 'Show older entries' }).press('Enter');
  await expect(rows).toHaveCount(20);
  await expect(rows.nth(10).getByRole('link').first()).toBeFocused();

  await page
    .getByRole('link', { name: /^Swift Couriers/ })
    .first()
    .click();
  await expect(page.getByRole('heading', { level: 1, name: 'Swift Couriers' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Latest entries' })).toBeVisible();
  await expect.poll(() => focused(page)).toBe('main');
});

test('the dashboard: a search takes an id in every form, says what it found, and forgets what it found before', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await signIn(page, stack, stack.carrier, '/dashboard/deliveries');
  const field = page.getByRole('searchbox');
  const found = page.locator('#search-help');
  const id = delivery.deliveryId;
  for (const form of [
    id,
    id.slice(2),
    id.toUpperCase().replace('X', 'x'),
    delivery.link,
    `${id.slice(0, 14)}…`,
  ]) {
    await field.fill(form);
    await expect(found).toHaveText(/^1 delivery,/);
    await expect(page.getByRole('row')).toHaveCount(2);
  }
  await field.fill(delivery.waybill);
  await expect(found).toContainText('A waybill is known to its shop alone');
  await expect.poll(() => page.getByRole('row').count()).toBeGreaterThan(2);
  expect(new URL(page.url()).search).toBe('');
});
