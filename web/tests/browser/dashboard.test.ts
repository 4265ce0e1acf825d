/** The dashboard over the real API: who is let in, what they see, and what is left when they go. */

import type { Page } from '@playwright/test';
import { signIn } from './support/dashboard.ts';
import type { TestMember } from './support/network.ts';
import { axe, expect, fits, test } from './support/stack.ts';

const REFUSED = /status of 401/;

/** Everything that the page's own storage holds, and where it stands. */
async function leftovers(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const bases = await indexedDB.databases();
    return JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      bases,
      document.cookie,
      location.href,
      history.state,
    ]);
  });
}

test('a wrong key is refused in plain words; a right one shows drivers; a reload asks again', async ({
  page,
  stack,
  watched,
}) => {
  watched.tolerate(REFUSED);
  await page.goto(`${stack.origin}/dashboard`);
  const field = page.getByLabel("Your member's key");
  await expect(field).toHaveAttribute('type', 'password');
  await axe(page);
  await field.fill('no key of anybody’s');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('This key is not taken');
  await field.fill('0123456789abcdef.nobody');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('This key is not taken');
  await expect(field).toBeFocused();
  await axe(page);
  await field.fill(stack.carrier.key);
  await field.press('Enter');
  await expect(page.getByRole('heading', { name: 'Drivers', level: 1 })).toBeFocused();
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(stack.carrier.drivers.length + 1);
  await page.reload();
  await expect(page.getByLabel("Your member's key")).toHaveValue('');
});

test('the key is kept nowhere, and signing out leaves nothing of the data', async ({ page, stack }) => {
  await signIn(page, stack, stack.carrier);
  await page.getByRole('link', { name: 'Inbox' }).click();
  await page.getByRole('link', { name: 'Deliveries' }).click();
  await expect(page.getByRole('heading', { name: 'Deliveries', level: 1 })).toBeVisible();
  const kept = await leftovers(page);
  expect(kept).not.toContain(stack.carrier.key);
  expect(kept).not.toContain(stack.carrier.key.split('.')[1] as string);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('You are signed out')).toBeVisible();
  await expect(page.getByRole('table')).toHaveCount(0);
  expect(await page.locator('dashboard-page').innerText()).not.toContain(stack.carrier.name);
});

test('a key that is revoked while the page is open signs out, and says why', async ({
  page,
  stack,
  watched,
}) => {
  watched.tolerate(REFUSED);
  test.slow(); // the operator's command runs twice
  const key = await stack.newKey(stack.carrier);
  await signIn(page, stack, { key });
  await expect(page.getByRole('status').filter({ hasText: 'Live' })).toBeVisible();
  await stack.revoke(key);
  // The stream says so by itself, as soon as there is something to send.
  await stack.delivered();
  await expect(page.getByText('Your key is not taken any more')).toBeVisible();
  await expect(page.getByRole('table')).toHaveCount(0);
  expect(await page.locator('dashboard-page').innerText()).not.toContain(stack.carrier.name);
  await expect(page.getByRole('heading', { name: 'Sign in to your dashboard' })).toBeFocused();
  await axe(page);
});

test('drivers are sorted by any column and filtered, and the link holds it', async ({ page, stack }) => {
  await signIn(page, stack, stack.members.reviewer);
  const table = page.getByRole('table');
  const firsts = () => table.getByRole('rowheader').getByRole('link').allInnerTexts();
  await expect(table.getByRole('columnheader', { name: 'Standing' })).toHaveAttribute(
    'aria-sort',
    'ascending',
  );
  for (const name of [
    'Overall',
    'Promise kept',
    'Response',
    'Issues per 1,000',
    'By week',
    'Ratings',
    'Driver',
  ]) {
    const head = table.getByRole('columnheader', { name, exact: true });
    await head.getByRole('button').click();
    await expect(head).not.toHaveAttribute('aria-sort', 'none');
  }
  await expect(table.getByRole('columnheader', { name: 'Driver' })).toHaveAttribute('aria-sort', 'ascending');
  const rising = await firsts();
  expect(rising).toEqual([...rising].sort((one, other) => number(one) - number(other)));
  await table.getByRole('columnheader', { name: 'Driver' }).getByRole('button').click();
  await expect.poll(firsts).toEqual(rising.toReversed());
  expect(new URL(page.url()).search).toBe('?sort=-driver');

  await page.getByLabel('Driver number').fill('3');
  await expect(table.getByRole('rowheader')).toHaveCount(1);
  await expect(page.getByText(/\b1 of \d+ drivers/)).toBeVisible();
  await page.getByLabel('Ratings, at least').fill('100000');
  await page.getByLabel('Ratings, at least').press('Enter');
  await expect(page.getByText('No driver fits these filters')).toBeVisible();
  await axe(page);
  await page.getByRole('button', { name: 'Show all drivers' }).click();
  await page.getByLabel('Standing').selectOption('insufficient');
  await expect(page.getByText(/Too few ratings to say: effective [\d.]+ of 10/).first()).toBeVisible();
  expect(page.url()).toContain('standing=insufficient');
  await table
    .getByRole('button', { name: /Ratings by week/ })
    .first()
    .click();
  await expect(page.getByRole('dialog').getByRole('table')).toBeVisible();
  await axe(page);
  await page.getByRole('button', { name: 'Close' }).click();
});

function number(text: string): number {
  return Number(/\d+/.exec(text)?.[0]);
}

test('as of an instant before the record, there were no drivers; the way back leads to now', async ({
  page,
  stack,
}) => {
  await signIn(page, stack, stack.carrier);
  await expect(page.getByRole('table')).toBeVisible();
  await page.getByLabel('As of').fill('2020-01-01T12:00');
  await page.getByLabel('As of').dispatchEvent('change');
  await expect(page.getByText('There were no drivers at that time')).toBeVisible();
  expect(new URL(page.url()).searchParams.get('as_of')).toMatch(/^20(19|20)-/);
  await page.goBack();
  await expect(page.getByRole('table')).toBeVisible();
  await page.goForward();
  await page.getByRole('button', { name: 'Back to now' }).click();
  await expect(page.getByRole('table')).toBeVisible();
  expect(page.url()).not.toContain('as_of');
});

test('a driver’s page says why and what would change it, and its chart has its table', async ({
  page,
  stack,
}) => {
  const [, harbour] = stack.members.carriers;
  const driver = harbour?.drivers[0] as number;
  await signIn(page, stack, harbour as TestMember, `/dashboard/drivers/${driver}`);
  await expect(page.getByRole('heading', { name: `Driver ${driver}`, level: 1 })).toBeFocused();
  await expect(page.getByRole('heading', { name: 'Why this standing' })).toBeVisible();
  await expect(page.getByText(/Another standing needs an upper bound of overall/)).toBeVisible();
  await expect(page.getByText(/more feedbacks? today with 5 stars/)).toBeVisible();
  await expect(page.locator('dash-series canvas')).toBeVisible();
  await axe(page);
  await page.getByRole('button', { name: 'Show as a table' }).click();
  await expect(page.locator('dash-series').getByRole('row').nth(1)).toContainText('effective');
  await expect(page.locator('dash-figures').getByRole('row')).not.toHaveCount(0);
  await axe(page);
  for (const width of [320, 768, 1440]) await fits(page, width);
  await page.getByRole('link', { name: 'All drivers' }).click();
  await expect(page.getByRole('heading', { name: 'Drivers', level: 1 })).toBeFocused();
});

test('serious feedback comes into the inbox by itself, and what is hostile in it is text', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await signIn(page, stack, stack.carrier, '/dashboard/drivers');
  await expect(page.getByRole('status').filter({ hasText: 'Live' })).toBeVisible();
  const hostile = `<img src=x onerror="document.title='taken'"><script>alert(1)</script> ${delivery.waybill}`;
  await stack.feedback(delivery, { driver: delivery.driver, overall: 1, issues: 1 << 8, comment: hostile });
  await expect(page.getByText(/Serious feedback came in, about driver \d+/)).toBeAttached();
  const tab = page.getByRole('link', { name: /^Inbox/ });
  await expect(tab).toHaveText(/Inbox\s*\d+/);
  await tab.click();
  const item = page.getByRole('listitem').filter({ hasText: delivery.waybill });
  await expect(item).toContainText(hostile);
  await expect(item).toContainText('False attempt');
  await expect(item.getByText('New', { exact: true })).toBeVisible();
  await expect(item.locator('img, script')).toHaveCount(0);
  await expect(page).toHaveTitle(/^\(\d+\) Inbox · Doorstep$/);
  await axe(page);

  // Another one while one looks; then all is taken as seen, and a mark of the place is all that is kept.
  const next = await stack.delivered();
  await stack.feedback(next, { driver: next.driver, overall: 2, comment: `late too: ${next.waybill}` });
  await expect(page.getByRole('listitem').filter({ hasText: next.waybill })).toBeVisible();
  await page.getByRole('button', { name: 'Mark all as seen' }).click();
  await expect(page.getByText('New', { exact: true })).toHaveCount(0);
  const kept = await page.evaluate(() => Object.values({ ...localStorage }));
  expect(kept).toEqual([expect.stringMatching(/^\d+\/\d+$/)]);

  await item.getByRole('link', { name: /^Delivery/ }).click();
  await expect(page.getByRole('heading', { name: 'Delivered', level: 1 })).toBeFocused();
  await expect(page.getByText(hostile)).toBeVisible();
  await expect(page.getByRole('link', { name: 'See it in the explorer (new tab)' })).toHaveAttribute(
    'href',
    `/explorer/deliveries/${delivery.deliveryId}`,
  );
  await axe(page);
  for (const width of [320, 768, 1440]) await fits(page, width);
});

test('a revision takes the place of what was said before, which folds under it', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await stack.feedback(delivery, { driver: delivery.driver, overall: 1, comment: 'first words' });
  await stack.feedback(delivery, {
    driver: delivery.driver,
    overall: 4,
    comment: 'second thoughts',
    revision: 2,
  });
  await signIn(page, stack, stack.members.shop, `/dashboard/deliveries/${delivery.deliveryId}`);
  await expect(page.getByText('second thoughts')).toBeVisible();
  await expect(page.getByText('first words')).toBeHidden();
  await page.getByText('1 earlier revision').click();
  await expect(page.getByText('first words')).toBeVisible();
});

test('a shop finds a delivery by its waybill or the beginning of its id', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await signIn(page, stack, stack.members.shop);
  await expect(page.getByRole('heading', { name: 'Your reputation as a shipper' })).toBeVisible();
  const search = page.getByLabel('Waybill, or delivery id or its beginning');
  const rows = page.getByRole('table').getByRole('rowheader');
  await search.fill(delivery.waybill);
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText(delivery.waybill);
  await search.fill('0x0');
  await expect(page.getByText('type at least 4 digits')).toBeVisible();
  await search.fill(delivery.deliveryId.slice(0, 20));
  await expect(rows).toHaveCount(1);
  await page.getByLabel('State').selectOption('lost');
  await expect(page.getByText('No delivery fits')).toBeVisible();
  await axe(page);
  await page.getByRole('button', { name: 'Show all deliveries' }).click();
  await expect.poll(() => rows.count()).toBeGreaterThan(1);
  await axe(page);
  for (const width of [320, 768, 1440]) await fits(page, width);
});

test('a reviewer sees every carrier’s drivers, and no comment', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await stack.feedback(delivery, {
    driver: delivery.driver,
    overall: 1,
    comment: `private ${delivery.waybill}`,
  });
  await signIn(page, stack, stack.members.reviewer);
  const all = stack.members.carriers.flatMap((one) => one.drivers);
  await expect(page.getByRole('table').getByRole('rowheader')).toHaveCount(all.length);
  await page.getByRole('link', { name: /^Inbox/ }).click();
  await expect(page.getByText('There is a comment that you may not read.').first()).toBeVisible();
  expect(await page.locator('dashboard-page').innerText()).not.toContain(delivery.waybill);
});

test('without a line it says so, and goes on when there is one again', async ({
  page,
  stack,
  watched,
  context,
}) => {
  watched.tolerate(/ERR_INTERNET_DISCONNECTED/);
  await signIn(page, stack, stack.carrier);
  await expect(page.getByRole('status').filter({ hasText: 'Live' })).toBeVisible();
  await context.setOffline(true);
  await page.getByRole('link', { name: 'Deliveries' }).click();
  await expect(page.getByText(/Can.t reach the service/)).toBeVisible();
  await axe(page);
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('table')).toBeVisible();
});

test('the table and its cards fit every width, in both themes', async ({ page, stack }) => {
  await signIn(page, stack, stack.carrier);
  for (const width of [320, 768, 1440]) {
    await fits(page, width);
    await expect(page.getByRole('link', { name: `Driver ${stack.carrier.drivers[0]}` })).toBeVisible();
    await axe(page);
  }
});

test('what is not there is said in words, with a way on', async ({ page, stack, watched }) => {
  watched.tolerate(/status of 404/);
  await signIn(page, stack, stack.carrier, '/dashboard/drivers/4000000000');
  await expect(page.getByText('There is no such thing for you to see').first()).toBeVisible();
  await axe(page);
  await page.goto(`${stack.origin}/dashboard/nowhere`);
  await page.getByLabel("Your member's key").fill(stack.carrier.key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeFocused();
  await axe(page);
  await page.getByRole('link', { name: 'To the beginning' }).click();
  await expect(page.getByRole('heading', { name: 'Drivers', level: 1 })).toBeFocused();
});
