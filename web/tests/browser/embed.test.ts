/** `<doorstep-feedback>` in a shop's own page: another origin, the strictest policy, its own colours. */

import type { Page } from '@playwright/test';
import { rate, recorded, submit, words } from './support/recipient.ts';
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

/** Opens the shop's page with the component in it, and sets its link. */
async function show(page: Page, link: string): Promise<void> {
  if (!page.url().startsWith(shop())) await page.goto(`${shop()}/#${link}`);
  await page
    .locator('doorstep-feedback')
    .evaluate((element, to) => Object.assign(element, { link: to }), link);
}

test('another link leaves everything of the former one behind, a change in hand too', async ({
  page,
  stack,
}) => {
  const [one, other] = [await stack.delivered(), await stack.delivered()];
  await show(page, one.link);
  await rate(page, 4);
  await words(page).fill('First words.');
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await words(page).fill('About the first.');
  await show(page, other.link);
  await expect(page.getByRole('heading', { name: 'How was your delivery?' })).toBeVisible();
  await expect(page.getByRole('radio', { checked: true })).toHaveCount(0);
  await rate(page, 2);
  await expect(words(page)).toHaveValue('');
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await expect(page.getByText('About the first.')).toHaveCount(0);
  const history = await stack.as(other.carrier).get<{
    entries: { kind: string; item: Record<string, unknown>; document: unknown }[];
  }>(`/v1/deliveries/${other.deliveryId}/history`);
  const said = history.entries.filter((entry) => entry.kind === 'feedback');
  expect(said).toHaveLength(1);
  expect(said[0]).toMatchObject({ item: { overall: 2 }, document: null });
  // The change is still where it was begun.
  await show(page, one.link);
  await page.getByRole('button', { name: 'Go on with the change' }).click();
  await expect(words(page)).toHaveValue('About the first.');
});

test('one that is put into the page and taken out at once opens nothing', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  const asked: string[] = [];
  await page.goto(`${shop()}/#${delivery.link}`);
  await expect(submit(page)).toBeVisible();
  await page.locator('doorstep-feedback').evaluate((element) => element.remove());
  page.on('request', (request) => asked.push(request.url()));
  await page.evaluate((link) => {
    for (let n = 0; n < 10; n++) {
      const element = document.createElement('doorstep-feedback');
      Object.assign(element, { link });
      document.body.append(element);
      element.remove();
    }
  }, delivery.link);
  // One that stays is shown by then, and has asked for what it needs.
  await page.evaluate((link) => {
    const element = document.createElement('doorstep-feedback');
    Object.assign(element, { link });
    document.body.append(element);
  }, delivery.link);
  await expect(submit(page)).toBeVisible();
  await expect.poll(() => asked.filter((url) => url.includes('/v1/stream')).length).toBe(1);
  expect(asked.filter((url) => url.endsWith('/v1/ledger'))).toHaveLength(1);
});

test('the shop’s style of the heading holds in every view', async ({ page, stack, watched }) => {
  watched.tolerate(/status of 404/);
  const delivery = await stack.delivered();
  await page.goto(`${shop()}/#${delivery.link}`);
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('doorstep-feedback::part(heading) { color: rgb(1, 2, 3) }');
    document.adoptedStyleSheets = [sheet];
  });
  const styled = async (name: string | RegExp) => {
    const heading = page.getByText(name).first();
    await expect(heading).toBeVisible();
    await expect(heading).toHaveCSS('color', 'rgb(1, 2, 3)');
  };
  await styled('How was your delivery?');
  await rate(page, 4);
  let go = () => {};
  const held = new Promise<void>((done) => {
    go = done;
  });
  await page.route('**/v1/feedback', async (route) => {
    await held;
    await route.continue();
  });
  await submit(page).click();
  await styled('Sending');
  go();
  await styled(/^Recorded in block/);
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await styled('Change your feedback');
  const taken = await stack.delivered();
  await stack.takeOver(taken);
  await show(page, taken.link);
  await styled('This delivery is held by another device');
  await show(page, (await stack.open()).link);
  await styled('Too early to rate');
  await show(page, `${stack.origin}/t/0x${'00'.repeat(32)}#${'A'.repeat(43)}`);
  await styled('We know no delivery by this link');
});

test('without a link it shows nothing; what is no link and what is no service are told, in words and by event', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(`${shop()}/#${delivery.link}`);
  await expect(submit(page)).toBeVisible();
  const component = page.locator('doorstep-feedback');
  const heard = page.locator('#heard');
  const empty = () => component.evaluate((element) => element.getBoundingClientRect().height);
  await component.evaluate((element) => element.setAttribute('link', ''));
  await expect.poll(empty).toBe(0);
  await component.evaluate((element) => element.removeAttribute('link'));
  await expect.poll(empty).toBe(0);
  await expect(heard).toBeEmpty();
  await component.evaluate((element) => element.setAttribute('link', 'nonsense'));
  await expect(page.getByText('This link is not complete')).toBeVisible();
  await expect(heard).toHaveText('doorstep-error {"reason":"wrong-link"}');
  await show(page, delivery.link);
  await expect(submit(page)).toBeVisible();
  for (const [n, nonsense] of ['//', 'not a url', 'javascript:alert(1)'].entries()) {
    await component.evaluate((element, api) => element.setAttribute('api', api), nonsense);
    await expect(page.getByText('This part of the page is not set up right')).toBeVisible();
    await expect(heard).toHaveText(
      new RegExp(`^\\S+ {"reason":"wrong-link"}(\\s*doorstep-error {"reason":"wrong-api"}){${n + 1}}\\s*$`),
    );
  }
  await component.evaluate((element) => element.removeAttribute('api'));
  await expect(submit(page)).toBeVisible();
});

test('it follows the language around it as that changes, and says in which language it speaks', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(`${shop()}/#${delivery.link}`);
  const component = page.locator('doorstep-feedback');
  const speaks = async (tag: string, question: string) => {
    await expect(page.getByRole('heading', { name: question })).toBeVisible();
    await expect(component.locator('section')).toHaveAttribute('lang', tag);
  };
  await speaks('en', 'How was your delivery?');
  await component.evaluate((element) => element.removeAttribute('lang'));
  await page.evaluate(() => document.documentElement.setAttribute('lang', 'de'));
  await speaks('de', 'Wie war die Lieferung?');
  await page.evaluate(() => document.querySelector('main')?.setAttribute('lang', 'pt'));
  await speaks('pt', 'Como correu a entrega?');
  // Nobody has written it in French: English words in a French page.
  await page.evaluate(() => document.querySelector('main')?.setAttribute('lang', 'fr'));
  await speaks('en', 'How was your delivery?');
  await component.evaluate((element) => {
    const host = document.createElement('div');
    host.lang = 'zh';
    host.attachShadow({ mode: 'open' }).append(element);
    document.body.append(host);
  });
  await speaks('zh', '这次配送怎么样？');
  await page.evaluate(() => document.querySelector('div')?.setAttribute('lang', 'de'));
  await speaks('de', 'Wie war die Lieferung?');
  await axe(page);
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
  await expect(page.getByText(/Can.t reach the service/)).toBeVisible();
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
