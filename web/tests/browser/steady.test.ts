/** Nothing moves under the reader's hand while a page comes in over a slow line. */

import type { Page } from '@playwright/test';
import { expect, test } from './support/stack.ts';

/** "Good" by Core Web Vitals (https://web.dev/articles/cls). */
const STEADY = 0.1;

interface Shift extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
  readonly sources: readonly { previousRect: DOMRect; currentRect: DOMRect }[];
}

/** Makes the line slow, and counts from now on, over every page that is opened, what moves without the reader's doing. */
async function slowly(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 150,
    downloadThroughput: 200_000,
    uploadThroughput: 100_000,
  });
  await page.addInitScript(() => {
    const shifts: { value: number; what: string[] }[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const one of list.getEntries() as Shift[])
        if (!one.hadRecentInput)
          shifts.push({
            value: one.value,
            what: one.sources.map(
              ({ previousRect: { x, y, width, height }, currentRect: to }) =>
                `${width}x${height} from ${x},${y} to ${to.x},${to.y}`,
            ),
          });
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

async function moved(page: Page): Promise<{ value: number; what: string[] }[]> {
  // Two frames later what was loaded last is laid out, and its shifts are told.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null)))),
  );
  return page.evaluate(
    () => (globalThis as unknown as { shifts: { value: number; what: string[] }[] }).shifts,
  );
}

async function expectSteady(page: Page): Promise<void> {
  await expect(page.locator('d-state[kind=loading]')).toHaveCount(0);
  const shifts = await moved(page);
  const sum = shifts.reduce((total, { value }) => total + value, 0);
  expect(sum, `layout shifts of ${page.url()}: ${JSON.stringify(shifts)}`).toBeLessThan(STEADY);
}

for (const [width, height] of [
  [360, 640],
  [1440, 900],
] as const)
  test.describe(`${width} px wide`, () => {
    test.use({ viewport: { width, height } });

    test('the tracking page', async ({ page, stack }) => {
      const delivery = await stack.delivered();
      await slowly(page);
      await page.goto(delivery.link);
      await expect(page.getByRole('button', { name: /^Sign and send/ })).toBeVisible();
      await expect(page.getByRole('heading', { name: 'Your privacy' })).toBeVisible();
      await expectSteady(page);
    });

    test('the explorer’s pages', async ({ page, stack }) => {
      const delivery = await stack.delivered();
      await stack.feedback(delivery, { driver: delivery.driver, overall: 4 });
      await slowly(page);
      for (const path of [
        '',
        `/members/${stack.carrier.number}`,
        `/drivers/${delivery.driver}`,
        `/deliveries/${delivery.deliveryId}`,
      ]) {
        await page.goto(`${stack.origin}/explorer${path}`);
        await expect(page.locator(path === '' ? 'dl' : 'explorer-entries li').first()).toBeVisible();
        await expectSteady(page);
      }
    });

    test('the dashboard’s pages, once signed in', async ({ page, stack }) => {
      const delivery = await stack.delivered();
      await slowly(page);
      for (const path of ['', `/drivers/${delivery.driver}`, '/deliveries', '/inbox']) {
        await page.goto(`${stack.origin}/dashboard${path}`);
        await page.getByLabel("Your member's key").fill(stack.carrier.key);
        await page.getByRole('button', { name: 'Sign in' }).click();
        await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expectSteady(page);
      }
    });
  });
