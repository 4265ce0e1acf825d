/** What tests of the recipient's page have in common. */

import type { Page } from '@playwright/test';

/** Chooses the overall stars. The radio buttons lie over the drawn stars, which take no part. */
export async function rate(page: Page, stars: number): Promise<void> {
  await page
    .getByRole('radio', { name: new RegExp(`^${stars} of 5 stars`) })
    .first()
    .check({ force: true });
}

export const recorded = (page: Page) => page.getByRole('heading', { name: /^Recorded in block/ });
export const submit = (page: Page) => page.getByRole('button', { name: /^Sign and send/ });
export const words = (page: Page) => page.getByRole('textbox', { name: /In your words/ });

/** Makes the browser one of those that have no Background Sync. */
export async function withoutBackgroundSync(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Object.defineProperty(ServiceWorkerRegistration.prototype, 'sync', { value: undefined });
  });
}

/** Waits until the service worker keeps the page, so that it opens without a line. */
export async function shellKept(page: Page): Promise<void> {
  await page.waitForFunction(
    async () => (await (await caches.open('doorstep-shell')).match('/t/')) !== undefined,
  );
}
