/** A browser has six connections to a host: many tabs, and many components in a page, leave enough of them for requests. */

import type { BrowserContext, Page } from '@playwright/test';
import { recorded, submit } from './support/recipient.ts';
import { expect, test } from './support/stack.ts';

const MANY = 8;

/** Returns how many streams are open now. */
function streams(context: BrowserContext): () => number {
  const open = new Set<unknown>();
  const ended = (request: unknown) => open.delete(request);
  context.on('request', (request) => {
    if (request.url().includes('/v1/stream')) open.add(request);
  });
  context.on('requestfinished', ended);
  context.on('requestfailed', ended);
  return () => open.size;
}

/** Puts the page behind others, or before them, as a browser would tell it. */
async function sight(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((is) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => is });
    Object.defineProperty(document, 'visibilityState', {
      configurable: true,
      get: () => (is ? 'hidden' : 'visible'),
    });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

test('many tabs all load; those without a live line say so, and take the place of one that closes', async ({
  context,
  stack,
}) => {
  const open = streams(context);
  const tabs: Page[] = [];
  for (let n = 0; n < MANY; n += 1) {
    const tab = await context.newPage();
    await tab.goto(`${stack.origin}/explorer`);
    await expect(tab.getByRole('heading', { name: 'Latest entries' })).toBeVisible();
    tabs.push(tab);
  }
  await expect((tabs[0] as Page).getByText('live', { exact: true })).toBeVisible();
  const last = tabs.at(-1) as Page;
  await expect(last.getByText('not live: other tabs are')).toBeVisible();
  expect(open()).toBeLessThanOrEqual(3);
  for (const tab of tabs.slice(0, -1)) await tab.close();
  await expect(last.getByText('live', { exact: true })).toBeVisible();
});

test('a tab behind others lets its line go, and catches up when it is looked at again', async ({
  page,
  context,
  stack,
}) => {
  await page.clock.install();
  const open = streams(context);
  await page.goto(`${stack.origin}/explorer`);
  await expect(page.getByText('live', { exact: true })).toBeVisible();
  expect(open()).toBe(1);
  await sight(page, true);
  await page.clock.runFor(11_000);
  await expect.poll(open).toBe(0);
  const delivery = await stack.open();
  await stack.report(delivery, 'lost');
  await expect(page.locator('explorer-entries').getByText(/reported .* lost/)).toHaveCount(0);
  await sight(page, false);
  await page.getByRole('button', { name: /: show$/ }).click();
  const came = page.locator('explorer-entries li').filter({ hasText: delivery.deliveryId.slice(2, 6) });
  await expect(came.filter({ hasText: 'lost' })).toHaveCount(1);
});

test('seven components in a page of a shop: each shows, and the first can be signed and is recorded', async ({
  page,
  stack,
}) => {
  const links: string[] = [];
  for (let n = 0; n < 7; n += 1) links.push((await stack.delivered()).link);
  await page.goto(`${process.env.DOORSTEP_SHOP}/#${links[0]}`);
  await page.evaluate((others) => {
    for (const link of others) {
      const one = document.createElement('doorstep-feedback');
      one.setAttribute('link', link);
      document.querySelector('main')?.append(one);
    }
  }, links.slice(1));
  await expect(submit(page)).toHaveCount(7);
  await page
    .getByRole('radio', { name: /^4 of 5 stars/ })
    .first()
    .check({ force: true });
  await submit(page).first().click();
  await expect(recorded(page).first()).toBeVisible();
});
