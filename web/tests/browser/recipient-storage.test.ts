/** A browser whose storage is full, or never answers: status and form all the same, signed with the link's key, and why. */

import type { Page } from '@playwright/test';
import { signingKey } from '../../src/core/links.ts';
import { addressOf } from '../../src/core/signing.ts';
import { rate, recorded, submit, words } from './support/recipient.ts';
import { axe, expect, fits, test } from './support/stack.ts';

const status = (page: Page) => page.getByRole('heading', { level: 1 });

/** Leaves the origin no room at all to store anything in, as a full disk does. */
async function fillUp(page: Page, origin: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
}

test('a full storage: the page says so, the link’s key signs, and it is recorded', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await fillUp(page, stack.origin);
  await page.goto(delivery.link);
  await expect(status(page)).toContainText('Delivered');
  await expect(page.getByText(/storage is full/)).toBeVisible();
  await rate(page, 4);
  await words(page).fill('Kept nowhere.');
  await axe(page);
  await fits(page, 320);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  const seen = await stack.delivery(delivery);
  expect(seen?.taken_over).toBe(false);
  expect(seen?.recipient_key.toLowerCase()).toBe(
    addressOf(signingKey(stack.link(delivery).secret, delivery.deliveryId)),
  );
  await page.reload();
  await expect(page.getByText(/cannot tell whether you gave this feedback/)).toBeVisible();
});

test('a storage that fills up while one writes: nothing that was written is lost', async ({
  page,
  stack,
}) => {
  test.setTimeout(150_000);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 2);
  await words(page).fill('There was room for this');
  await fillUp(page, stack.origin);
  // The browser goes by what it last knew of the room for some time: written on until it finds out.
  let more = '';
  await expect(async () => {
    more += '.';
    await words(page).fill(`There was room for this, but not for that${more}`);
    await expect(page.getByText(/storage is full/)).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 90_000 });
  await expect(words(page)).toHaveValue(`There was room for this, but not for that${more}`);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await expect(page.getByText(`There was room for this, but not for that${more}`)).toBeVisible();
  expect((await stack.delivery(delivery))?.taken_over).toBe(false);
});

test('a storage that never answers: the page goes on without, says why, and uses it when it answers', async ({
  page,
  context,
  stack,
}) => {
  const delivery = await stack.delivered();
  // An older page that lets go of nothing: opening a newer version waits for it, without end.
  const older = await context.newPage();
  await older.goto(`${stack.origin}/docs`);
  await older.evaluate(
    () =>
      new Promise<void>((done) => {
        const opening = indexedDB.open('doorstep', 1);
        opening.onsuccess = () => {
          Object.assign(globalThis, { held: opening.result });
          done();
        };
      }),
  );
  await page.goto(delivery.link);
  await expect(status(page)).toContainText('Delivered');
  await expect(page.getByText(/storage does not answer/)).toBeVisible();
  await rate(page, 5);
  await axe(page);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  expect((await stack.delivery(delivery))?.taken_over).toBe(false);
  await expect(page.getByText(/not signed on this device/)).toHaveCount(0);
  await older.close();
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await expect(submit(page)).toBeVisible();
  await expect(page.getByText(/storage does not answer/)).toHaveCount(0);
  await rate(page, 3);
  await submit(page).click();
  await expect(page.getByText(/revision 2/)).toBeVisible();
  expect((await stack.delivery(delivery))?.taken_over).toBe(true);
});
