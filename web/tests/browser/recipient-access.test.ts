/** Who may speak for a delivery: wrong links, too early, take-over, another device, its code. */

import { readToken } from '../../src/core/links.ts';
import { Client } from '../../src/service/client.ts';
import { Problem } from '../../src/service/problems.ts';
import { rate, recorded, shellKept, submit } from './support/recipient.ts';
import { axe, expect, fits, test } from './support/stack.ts';

test('a link without its secret, or a garbled one, is told from the start', async ({ page, stack }) => {
  const delivery = await stack.open();
  const [address = '', secret = ''] = delivery.link.split('#');
  for (const link of [address, `${address}#${secret.slice(0, -1)}`]) {
    await page.goto('about:blank');
    await page.goto(link);
    await expect(page.getByText('This link is not complete')).toBeVisible();
  }
  await axe(page);
});

test('a wrong secret and an unknown delivery show nothing', async ({ page, stack, watched }) => {
  watched.tolerate(/status of 404/);
  const delivery = await stack.delivered();
  const [address = ''] = delivery.link.split('#');
  const wrong = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  for (const link of [`${address}#${wrong}`, `${stack.origin}/t/0x${'00'.repeat(32)}#${wrong}`]) {
    await page.goto('about:blank');
    await page.goto(link);
    await expect(page.getByText('We know no delivery by this link')).toBeVisible();
    await expect(page.getByText('Delivered', { exact: true })).toHaveCount(0);
  }
  await axe(page);
});

test('too early says from when on, and opens by itself with a report', async ({ page, stack }) => {
  const delivery = await stack.open();
  await page.goto(delivery.link);
  await expect(page.getByRole('heading', { name: 'Too early to rate' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('On its way to you');
  await axe(page);
  await fits(page, 320);
  await stack.report(delivery, 'attempted', delivery.carrier.drivers[0]);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Delivery attempted');
  await rate(page, 2);
  await page
    .getByRole('group', { name: /nobody at home/ })
    .getByRole('radio', { name: 'Yes, I was there' })
    .check({ force: true });
  await expect(page.getByRole('checkbox', { name: /Attempt never happened/ })).toBeChecked();
  await axe(page);
});

test('the first feedback takes the delivery over; the link then reads nothing any more', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  const { secret, deliveryId } = stack.link(delivery);
  await page.goto(delivery.link);
  expect((await stack.delivery(delivery))?.taken_over, 'not by looking').toBe(false);
  await rate(page, 5);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  const reader = new Client(stack.origin, { readToken: readToken(secret, deliveryId) });
  await stack.until(async () => {
    try {
      await reader.get(`/v1/deliveries/${deliveryId}`);
      return false;
    } catch (error) {
      return error instanceof Problem && error.kind === 'taken-over';
    }
  }, 'the link reads nothing');
  await page.reload();
  await expect(recorded(page)).toBeVisible();
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await rate(page, 3);
  await submit(page).click();
  await expect(page.getByText(/revision 2\./)).toBeVisible();
});

test('another device is told, and speaks once it has the first one’s code', async ({
  page,
  browser,
  stack,
  watched,
}) => {
  watched.tolerate(/status of 403/);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 4);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await page.getByRole('button', { name: 'Show the code' }).click();
  const code = (await page.getByText(/^[A-Za-z0-9_-]{43}$/).textContent())?.trim() ?? '';
  await axe(page);

  const elsewhere = await browser.newContext();
  try {
    const other = await elsewhere.newPage();
    const told: unknown[] = [];
    await other.exposeFunction('heard', (detail: unknown) => told.push(detail));
    await other.addInitScript(() => {
      addEventListener('doorstep-taken-over', (event) =>
        (globalThis as unknown as { heard(detail: unknown): void }).heard((event as CustomEvent).detail),
      );
    });
    await other.goto(delivery.link);
    await expect(
      other.getByRole('heading', { name: 'This delivery is held by another device' }),
    ).toBeVisible();
    await expect(other.getByText(/Tell Corner Shop/)).toBeVisible();
    await expect(other.getByText(/Another device took it over/)).toBeVisible();
    await expect(other.getByRole('radio')).toHaveCount(0);
    expect(told).toHaveLength(1);
    await axe(other);
    await fits(other, 320);
    const field = other.getByRole('textbox', { name: 'Code of your other device' });
    await field.fill('nonsense');
    await other.getByRole('button', { name: 'Use this code' }).click();
    await expect(other.getByText(/That is no code/)).toBeVisible();
    await field.fill('A'.repeat(43));
    await other.getByRole('button', { name: 'Use this code' }).click();
    await expect(other.getByText(/not of the device that holds/)).toBeVisible();
    await field.fill(code);
    await other.getByRole('button', { name: 'Use this code' }).click();
    await expect(recorded(other)).toBeVisible();
    await other.getByRole('button', { name: 'Change my feedback' }).click();
    await rate(other, 1);
    await submit(other).click();
    await expect(other.getByText(/revision 2\./)).toBeVisible();
    await expect(page.getByText(/revision 2\./)).toBeVisible();
  } finally {
    await elsewhere.close();
  }
});

test('taken over by somebody who left the read token: status shows, a form does not, with or without a line', async ({
  page,
  context,
  stack,
  watched,
}) => {
  watched.tolerate(/ERR_INTERNET_DISCONNECTED/);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await expect(submit(page)).toBeVisible();
  await shellKept(page);
  await stack.takeOver(delivery);
  const held = page.getByRole('heading', { name: 'This delivery is held by another device' });
  await expect(held).toBeVisible();
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByText(/You are offline/)).toBeVisible();
  await expect(held).toBeVisible();
  await expect(page.getByText(/Another device took it over/)).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Delivered');
  await expect(submit(page)).toHaveCount(0);
  await axe(page);
});

test('taken over between opening and sending: told, and the words are not lost', async ({
  page,
  stack,
  watched,
}) => {
  watched.tolerate(/status of 422/);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 2);
  await page.getByRole('textbox', { name: /In your words/ }).fill('Kept words.');
  await page.route('**/v1/stream**', (route) => route.abort());
  await page.route('**/v1/key-changes', async (route) => {
    await stack.takeOver(delivery);
    await route.continue();
  });
  await submit(page).click();
  await expect(page.getByRole('heading', { name: 'This delivery is held by another device' })).toBeVisible();
});

test('who is locked out keeps nothing private of the delivery, with or without a line', async ({
  page,
  context,
  stack,
  watched,
}) => {
  watched.tolerate(/status of 403/, /ERR_INTERNET_DISCONNECTED/);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await expect(submit(page)).toBeVisible();
  await shellKept(page);
  await page.reload();
  await expect(submit(page)).toBeVisible();
  await page.route(`**/v1/deliveries/**`, (route) =>
    route.fulfill({ status: 403, json: { type: 'urn:doorstep:taken-over', detail: 'no' } }),
  );
  await page.reload();
  await expect(page.getByRole('heading', { name: 'This delivery is held by another device' })).toBeVisible();
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByText(/Can.t reach the service/)).toBeVisible();
  await expect(page.getByRole('heading', { level: 1, name: 'Delivered' })).toHaveCount(0);
});

test('a take-over that never gets on chain is not blamed on anybody; signed again, it goes through', async ({
  page,
  stack,
  watched,
}) => {
  watched.tolerate(/status of 422/);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 2);
  // Answered as accepted, and then lost.
  await page.route(
    '**/v1/key-changes',
    (route) =>
      route.fulfill({
        status: 202,
        json: { index: 0, status: 'accepted', intent: `0x${'55'.repeat(16)}` },
      }),
    { times: 1 },
  );
  await submit(page).click();
  await expect(page.getByText(/nobody has taken the delivery over/)).toBeVisible();
  await axe(page);
  await page.getByRole('button', { name: 'Sign again' }).click();
  await expect(recorded(page)).toBeVisible();
  expect((await stack.delivery(delivery))?.taken_over).toBe(true);
});

test('where the browser keeps nothing, the link signs and the page says so', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, 'indexedDB', { value: undefined });
  });
  await page.goto(delivery.link);
  await expect(page.getByText(/This browser keeps nothing/)).toBeVisible();
  await rate(page, 4);
  await axe(page);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  expect((await stack.delivery(delivery))?.taken_over).toBe(false);
  await page.reload();
  await expect(recorded(page)).toBeVisible();
});
