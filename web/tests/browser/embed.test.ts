/** `<doorstep-feedback>` in a shop's own page: another origin, the strictest policy, its own colours. */

import { submit } from './support/recipient.ts';
import { axe, expect, fits, test } from './support/stack.ts';

function shop(): string {
  const origin = process.env.DOORSTEP_SHOP;
  if (origin === undefined) throw new Error('the global set-up opens a shop');
  return origin;
}

test('a recipient rates in a page of the shop, under its policy, and the page hears of it', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(`${shop()}/#${delivery.link}`);
  await page
    .getByRole('radio', { name: /^4 of 5 stars/ })
    .first()
    .check({ force: true });
  await axe(page);
  await fits(page, 320);
  await page.getByRole('button', { name: /^Sign and send/ }).click();
  await expect(page.locator('#heard')).toContainText('doorstep-accepted');
  await expect(page.locator('#heard')).toContainText('doorstep-recorded');
  const heard = await page.locator('#heard').textContent();
  expect(heard).toMatch(/doorstep-accepted .*"digest":"0x[0-9a-f]{64}"/);
  expect(heard).toMatch(/doorstep-recorded .*"block":\d+/);
  expect(heard, 'no secret in what the page hears').not.toContain(delivery.link.split('#')[1]);
  // Recorded is what the receipt says; the index reads the block a moment later.
  await expect.poll(async () => (await stack.delivery(delivery))?.revision).toBe(1);
});

test('it is as light or dark as the page around it, whatever the system is, unless `theme` says otherwise', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${shop()}/#${delivery.link}`);
  const component = page.locator('doorstep-feedback');
  await expect(submit(page)).toBeVisible();
  const ink = () => component.evaluate((element) => getComputedStyle(element).color);
  const light = await ink();
  const [red] = light.match(/\d+/g) ?? [];
  expect(Number(red), `dark ink on a light page: ${light}`).toBeLessThan(80);
  await component.evaluate((element) => element.setAttribute('theme', 'auto'));
  expect(await ink(), 'the system is dark').not.toBe(light);
  const dark = await ink();
  await component.evaluate((element) => element.removeAttribute('theme'));
  await page.evaluate(() => document.documentElement.style.setProperty('color-scheme', 'dark'));
  expect(await ink(), 'the page is dark').toBe(dark);
  await component.evaluate((element) => element.setAttribute('theme', 'light'));
  expect(await ink()).toBe(light);
});

test('it speaks the language of the page', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.goto(`${shop()}/?lang=de#${delivery.link}`);
  await expect(page.getByRole('radio', { name: /^4 von 5 Sternen/ }).first()).toBeAttached();
});

test('a page of an origin that the service does not know gets nothing', async ({ page, stack, watched }) => {
  watched.tolerate(/CORS policy/, /net::ERR_FAILED/, /^request elsewhere: http:\/\/localhost:/);
  const delivery = await stack.delivered();
  await page.goto(`${shop().replace('127.0.0.1', 'localhost')}/#${delivery.link}`);
  await expect(page.getByText(/No line to the service/)).toBeVisible();
});

test('the example page shows the component and its events', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.goto(`${stack.origin}/shop-example`);
  await axe(page);
  await page.getByLabel('Tracking link of a delivery').fill('https://shop.example/elsewhere');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page.getByRole('alert')).toContainText('no tracking link');
  await page.getByLabel('Tracking link of a delivery').fill(delivery.link);
  await page.getByRole('button', { name: 'Show' }).click();
  await page
    .getByRole('radio', { name: /^3 of 5 stars/ })
    .first()
    .check({ force: true });
  await axe(page);
  await fits(page, 320);
  await page.getByRole('button', { name: /^Sign and send/ }).click();
  await expect(page.getByText(/^doorstep-recorded/)).toBeVisible();
  await fits(page, 390);
});
