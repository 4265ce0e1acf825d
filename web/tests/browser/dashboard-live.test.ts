/** What the dashboard shows follows the record: in place, without moving under the reader's eyes; and what leads where. */

import { readFile } from 'node:fs/promises';
import { signIn } from './support/dashboard.ts';
import type { TestMember } from './support/network.ts';
import { axe, expect, fits, test } from './support/stack.ts';

const OFFER = /^\d+ new deliver(y|ies): show$/;

test('a delivery that changes is changed in its row, and a new one waits to be asked for', async ({
  page,
  stack,
}) => {
  const before = await stack.open();
  await signIn(page, stack, stack.carrier, '/dashboard/deliveries');
  await expect(page.getByRole('status').filter({ hasText: /^Live$/ })).toBeVisible();
  const row = page.getByRole('row').filter({ has: page.locator(`a[href$="${before.deliveryId}"]`) });
  await expect(row).toContainText('Opened');
  const mark = await row.elementHandle();
  await stack.report(before, 'out_for_delivery', stack.carrier.drivers[0]);
  await expect(row).toContainText('Out for delivery');
  await expect(row).toContainText(`Driver ${stack.carrier.drivers[0]}`);
  expect(await mark?.evaluate((one) => one.isConnected), 'the same row').toBe(true);

  const came = await stack.open();
  const link = page.locator(`a[href$="${came.deliveryId}"]`);
  await expect(page.getByRole('button', { name: OFFER })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: /^\d+ new deliver(y|ies)$/ })).toBeAttached();
  await expect(page.getByText(/^As of block \d+, read at /)).toBeVisible();
  await axe(page);
  // Other tests open deliveries too: what was offered when it was pressed may not hold this one yet.
  await expect(async () => {
    await page.getByRole('button', { name: OFFER }).click({ timeout: 2000 });
    await expect(link).toBeVisible({ timeout: 100 });
  }).toPass();
  await expect(page.locator('dash-deliveries').getByRole('link').and(page.locator(':focus'))).toBeVisible();
});

test('a row that a filter fits no more says so, and goes when the reader asks', async ({ page, stack }) => {
  const harbour = stack.members.carriers[1] as TestMember;
  const delivery = await stack.open({ carrier: harbour });
  await signIn(
    page,
    stack,
    harbour,
    `/dashboard/deliveries?id=${delivery.deliveryId.slice(0, 30)}&outcome=opened`,
  );
  await expect(page.getByRole('status').filter({ hasText: /^Live$/ })).toBeVisible();
  const row = page.getByRole('row').filter({ has: page.locator(`a[href$="${delivery.deliveryId}"]`) });
  await expect(row).toContainText('Opened');
  await stack.report(delivery, 'attempted', harbour.drivers[0]);
  await expect(row).toContainText('Attempted');
  await expect(row).toContainText('does not fit the filter any more');
  await axe(page);
  for (const width of [320, 768, 1440]) await fits(page, width);
  await page.getByRole('button', { name: '1 does not fit the filter any more: show' }).click();
  await expect(page.getByText('No delivery fits')).toBeVisible();
  await page.getByRole('button', { name: 'Show all deliveries' }).click();
  await expect(row).toContainText('Attempted');
});

test('an answer that fails leaves what shows, says that it may be old, and a press mends it', async ({
  page,
  stack,
  watched,
}) => {
  watched.tolerate(/status of 500/);
  const delivery = await stack.open();
  await signIn(page, stack, stack.carrier, `/dashboard/deliveries?id=${delivery.deliveryId.slice(0, 30)}`);
  const row = page.getByRole('row').filter({ has: page.locator(`a[href$="${delivery.deliveryId}"]`) });
  await expect(row).toContainText('Opened');
  await expect(page.getByRole('status').filter({ hasText: /^Live$/ })).toBeVisible();
  await page.route('**/v1/deliveries?*', (route) =>
    route.fulfill({ status: 500, json: { detail: 'Broken.' } }),
  );
  await stack.report(delivery, 'attempted', stack.carrier.drivers[0]);
  await expect(page.getByText('what shows may be out of date')).toContainText('Broken.');
  await expect(row).toContainText('Opened');
  await axe(page);
  await page.unroute('**/v1/deliveries?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(row).toContainText('Attempted');
  await expect(page.getByText('what shows may be out of date')).toHaveCount(0);
});

test('on a driver’s page figures change in place, and new entries wait', async ({ page, stack }) => {
  const harbour = stack.members.carriers[1] as TestMember;
  const driver = harbour.drivers[1] as number;
  const delivery = await stack.open({ carrier: harbour });
  await stack.report(delivery, 'delivered', driver);
  await signIn(page, stack, harbour, `/dashboard/drivers/${driver}`);
  await expect(page.getByRole('status').filter({ hasText: /^Live$/ })).toBeVisible();
  const entries = page.locator('dash-entries').getByRole('listitem');
  await expect(entries.first()).toBeVisible();
  const first = await entries.first().innerText();
  const line = page.locator('d-fresh');
  const asOf = await line.innerText();
  await stack.feedback(delivery, { driver, overall: 5 });
  await expect(page.getByRole('button', { name: '1 new entry: show' })).toBeVisible();
  await expect(line).not.toContainText(asOf);
  expect(await entries.first().innerText()).toBe(first);
  await page.getByRole('button', { name: '1 new entry: show' }).click();
  await expect(entries.first()).toContainText('5 stars');
  await expect(page.getByRole('heading', { name: 'Recent entries' })).toBeFocused();
});

test('from an issue’s count to the feedback behind it, its delivery, the explorer, and back', async ({
  page,
  stack,
}) => {
  const harbour = stack.members.carriers[1] as TestMember;
  const driver = harbour.drivers[0] as number;
  await signIn(page, stack, harbour, `/dashboard/drivers/${driver}`);
  const issues = page.getByRole('region', { name: 'Issues' });
  await issues.getByRole('link', { name: 'Unsafe drop' }).click();
  await expect(page).toHaveURL(/\?issue=unsafe_drop$/);
  await expect(page.getByRole('heading', { name: 'What recipients said' })).toBeFocused();
  await expect(page.getByText(/\d+ recipients? named “Unsafe drop”/)).toBeVisible();
  const voices = page.locator('dash-feedback').getByRole('listitem').filter({ hasText: 'revision' });
  for (const voice of await voices.all()) await expect(voice).toContainText('Unsafe drop');
  await axe(page);

  await voices
    .first()
    .getByRole('link', { name: /^Delivery 0x/ })
    .click();
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  const id = new URL(page.url()).pathname.split('/').at(-1);
  const opened = page.waitForEvent('popup');
  await page.getByRole('link', { name: 'See it in the explorer (new tab)' }).click();
  const explorer = await opened;
  await expect(explorer).toHaveURL(`${stack.origin}/explorer/deliveries/${id}`);
  await expect(explorer.locator('explorer-entry').first()).toBeVisible();
  await explorer.getByRole('link', { name: 'In the dashboard, for members' }).click();
  await expect(explorer).toHaveURL(`${stack.origin}/dashboard/deliveries/${id}`);
  await expect(explorer.getByLabel("Your member's key")).toBeVisible();
  await explorer.close();

  // The dashboard kept its key meanwhile; the way back leads to what was read before.
  await page.goBack();
  await expect(page.getByText(/\d+ recipients? named “Unsafe drop”/)).toBeVisible();
  const driverOpened = page.waitForEvent('popup');
  await page.getByRole('link', { name: 'See it in the explorer (new tab)' }).click();
  await expect(await driverOpened).toHaveURL(`${stack.origin}/explorer/drivers/${driver}`);
});

test('the way back leads to the row that was left, at once', async ({ page, stack }) => {
  await signIn(page, stack, stack.carrier, '/dashboard/deliveries');
  const rows = page.getByRole('table').getByRole('rowheader');
  await expect(rows.first()).toBeVisible();
  const shown = await rows.count();
  await page.setViewportSize({ width: 1000, height: 500 });
  const last = rows.last().getByRole('link');
  await last.click();
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await page.route('**/v1/deliveries?*', () => {}); // no answer: it must not need one
  await page.goBack();
  await expect(last).toBeFocused();
  await expect(last).toBeInViewport();
  expect(await rows.count()).toBe(shown);
});

test('drivers and a driver’s feedback are saved as tables', async ({ page, stack }) => {
  const harbour = stack.members.carriers[1] as TestMember;
  const driver = harbour.drivers[0] as number;
  const delivery = await stack.open({ carrier: harbour });
  await stack.report(delivery, 'delivered', driver);
  await stack.feedback(delivery, { driver, overall: 2, comment: '=1+1, "quoted"' });
  await signIn(page, stack, harbour);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: /^Save these \d+ drivers as CSV$/ }).click();
  const drivers = await saved;
  expect(drivers.suggestedFilename()).toMatch(/^drivers-\d{4}-\d\d-\d\d\.csv$/);
  const lines = (await readFile(await drivers.path(), 'utf8')).split('\r\n');
  expect(lines[0]).toContain('overall_mean,overall_low,overall_high,overall_effective,overall_n');
  expect(lines.filter((one) => one !== '')).toHaveLength(harbour.drivers.length + 1);

  await page.getByRole('link', { name: `Driver ${driver}`, exact: true }).click();
  const feedback = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save all feedback as CSV' }).click();
  const text = await readFile(await (await feedback).path(), 'utf8');
  expect(text).toContain(delivery.deliveryId);
  expect(text).toContain(`"'=1+1, ""quoted"""`);
});

const NAMES = [
  'Wolkenkratzerlieferdienstleistungsgesellschaft'.repeat(2).slice(0, 80),
  '北京市朝阳区国际快递物流配送服务有限责任公司'.repeat(2).slice(0, 26), // 78 bytes of the 80 that a name may have
  '<img src=x onerror=alert(1)> <script>alert(2)</script>',
];

for (const name of NAMES)
  test(`a member named ${JSON.stringify(name.slice(0, 30))} widens no page and does no harm`, async ({
    page,
    stack,
  }) => {
    test.slow(); // the operator's command runs
    const carrier = await stack.newMember(name, 'carrier');
    const delivery = await stack.open({ carrier });
    page.on('dialog', (dialog) => {
      throw new Error(`a dialog opened: ${dialog.message()}`);
    });
    await signIn(page, stack, carrier);
    const looks = async () => {
      for (const width of [320, 768, 1440]) await fits(page, width);
      await fits(page, 320);
      expect(await page.locator('img, main script').count()).toBe(0);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
      expect(await page.locator('body').innerText()).not.toMatch(/[\u0007\u200f\u202a-\u202e\u2066]/);
    };
    await expect(page.getByText('Drivers appear here once they are registered')).toBeVisible();
    await looks();
    await expect(page.getByRole('button', { name: 'Sign out' })).toBeInViewport({ ratio: 1 });
    await axe(page);
    await page.getByRole('link', { name: 'Deliveries' }).click();
    await page.locator(`a[href$="${delivery.deliveryId}"]`).click();
    await expect(page.getByText(`(member ${carrier.number})`).last()).toBeVisible();
    await looks();
    for (const path of [
      '/explorer',
      `/explorer/members/${carrier.number}`,
      `/explorer/deliveries/${delivery.deliveryId}`,
    ]) {
      await page.goto(`${stack.origin}${path}`);
      await expect(page.locator('explorer-entry').first()).toBeVisible();
      await looks();
    }
    await page.goto(delivery.link);
    await expect(page.getByText(carrier.name.slice(0, 10)).first()).toBeVisible();
    await looks();
  });
