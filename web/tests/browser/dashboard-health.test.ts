/** A service that cannot record, or does not read the record, says so on the dashboard for as long as it lasts. */

import { signIn } from './support/dashboard.ts';
import { axe, expect, fits, test } from './support/stack.ts';

test('what stops recording and reading is a banner with its reason, until it is over', async ({
  page,
  stack,
}) => {
  const stop = {
    cause: 'database-full',
    detail: 'The disk of the database is full.',
    remedy: 'Make room on it; `doorstep status` shows when it can store again.',
    since: '2026-11-28T08:00:00Z',
  };
  let stops = { writing: [stop], reading: [{ ...stop, since: null }] };
  await page.route('**/v1/status', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...(await answer.json()), ...stops } });
  });
  await signIn(page, stack, stack.carrier);
  const banner = page.locator('dash-health');
  await expect(banner).toContainText('The service cannot record feedback at the moment.');
  await expect(banner).toContainText('has not read the newest entries');
  await banner.getByText('Why, and what the operator can do').first().click();
  await expect(banner.getByText('Make room on it').first()).toBeVisible();
  await axe(page);
  await fits(page, 320);
  stops = { writing: [], reading: [] };
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(banner).not.toContainText('cannot record');
  await axe(page);
});
