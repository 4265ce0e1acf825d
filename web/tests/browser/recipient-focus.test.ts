/** The keyboard and the ear: the focus never falls to the page, and what happens is said once. */

import type { Page } from '@playwright/test';
import { rate, recorded, submit } from './support/recipient.ts';
import { expect, test } from './support/stack.ts';

/** Returns what has the focus: its element and its name, or the beginning of its text. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    let inner = document.activeElement;
    while (inner?.shadowRoot?.activeElement) inner = inner.shadowRoot.activeElement;
    const labelled = inner?.getAttribute('aria-labelledby');
    const label = labelled
      ? (inner?.getRootNode() as ShadowRoot).getElementById(labelled)?.textContent
      : (inner?.getAttribute('aria-label') ?? inner?.textContent);
    return `${inner?.localName} ${label?.trim().replaceAll(/\s+/g, ' ').slice(0, 80)}`;
  });
}

/** Presses a button as the keyboard does, with the focus on it. */
async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('button', { name }).focus();
  await page.keyboard.press('Enter');
}

const has = (page: Page, what: string | RegExp) => expect.poll(() => focused(page)).toMatch(what);

test('clearing an aspect leaves the focus in its stars; the first star says that more follows', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await expect(submit(page)).toBeVisible();
  const more = page.getByRole('status').filter({ hasText: 'More questions follow' });
  await expect(more).toHaveCount(0);
  await rate(page, 4);
  await expect(more).toHaveCount(1);
  const parcel = page.getByRole('group', { name: 'State of the parcel' });
  await parcel.getByRole('radio', { name: /^3 of 5/ }).check({ force: true });
  await press(page, 'Clear: State of the parcel');
  await expect(parcel.getByRole('radio', { name: /^1 of 5/ })).toBeFocused();
  await expect(parcel.getByRole('radio', { checked: true })).toHaveCount(0);
});

test('the button that shows the code stays, and hides it again', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 5);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  const code = page.getByText(/^[A-Za-z0-9_-]{43}$/);
  await press(page, 'Show the code');
  await expect(code).toBeVisible();
  await has(page, /^button Hide the code/);
  await page.keyboard.press('Enter');
  await expect(code).toHaveCount(0);
  await has(page, /^button Show the code/);
});

test('the newest report differs from the others by more than colour', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.emulateMedia({ forcedColors: 'active', contrast: 'more' });
  await page.goto(delivery.link);
  const items = page.locator('report-timeline li');
  await expect(items).toHaveCount(3);
  const filled = (place: number) =>
    items.nth(place).evaluate((item) => {
      const { borderTopWidth, height } = getComputedStyle(item, '::before');
      return 2 * Number.parseFloat(borderTopWidth) >= Number.parseFloat(height);
    });
  expect([await filled(0), await filled(1), await filled(2)]).toEqual([true, false, false]);
  await expect(items.first()).toHaveAttribute('aria-current', 'true');
});

test('a delivery reported lost has its promise broken; one that went back says nothing of it', async ({
  page,
  stack,
}) => {
  const [driver = 0] = stack.carrier.drivers;
  const lost = await stack.open();
  await stack.report(lost, 'lost', driver);
  await page.goto(lost.link);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Reported lost');
  await expect(page.getByText('Promise broken', { exact: true })).toBeVisible();
  const back = await stack.open();
  await stack.report(back, 'returned', driver);
  await page.goto('about:blank');
  await page.goto(back.link);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Returned to the sender');
  await expect(page.getByText(/Within the promise|Promised by|Promise broken/)).toHaveCount(0);
});
