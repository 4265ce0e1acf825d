/** The recipient's main way: link, stars, signature, accepted, recorded; then changing, withdrawing, erasing. */

import { rate, recorded, submit } from './support/recipient.ts';
import { axe, expect, fits, test } from './support/stack.ts';

test('a delivery is shown, rated, accepted and recorded', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Delivered');
  await expect(page.getByText('On time', { exact: true }).first()).toBeVisible();
  await expect(
    page.getByText(`This is about driver ${delivery.driver} of ${delivery.carrier.name}.`),
  ).toBeVisible();
  await axe(page);
  await rate(page, 4);
  await page
    .getByRole('group', { name: 'State of the parcel' })
    .getByRole('radio', { name: /^5 of 5/ })
    .check({ force: true });
  await page.getByRole('button', { name: 'Something to flag?' }).click();
  await page.getByRole('checkbox', { name: 'No word from the driver' }).check({ force: true });
  await page.getByRole('textbox', { name: /In your words/ }).fill('Came early, box a bit wet.');
  await axe(page);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await expect(page.getByText('Came early, box a bit wet.')).toBeVisible();
  await axe(page);
  await fits(page, 320);
  const seen = await stack.delivery(delivery);
  expect(seen?.taken_over).toBe(true);
  expect(seen?.revision).toBe(1);
  const history = await stack.as(delivery.carrier).get<{
    entries: { kind: string; item: Record<string, unknown>; document: { content: unknown } | null }[];
  }>(`/v1/deliveries/${delivery.deliveryId}/history`);
  const said = history.entries.find((one) => one.kind === 'feedback');
  expect(said?.item).toMatchObject({
    overall: 4,
    packaging: 5,
    driver: delivery.driver,
    issue_bits: 1 << 10,
  });
  expect(said?.document?.content).toEqual({ comment: 'Came early, box a bit wet.', lang: 'en' });
});

test('feedback is amended, withdrawn and its words erased; what was said before stays to be seen', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 2);
  await page.getByRole('textbox', { name: /In your words/ }).fill('First words.');
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();

  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await expect(page.getByRole('textbox', { name: /In your words/ })).toHaveValue('First words.');
  await rate(page, 5);
  await page.getByRole('textbox', { name: /In your words/ }).fill('Second words.');
  await submit(page).click();
  await expect(page.getByText('Second words.')).toBeVisible();
  await expect(page.getByText(/revision 2\./)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'What you said before' })).toBeVisible();
  await expect(page.getByText('First words.')).toBeVisible();
  await axe(page);

  await page.getByRole('button', { name: 'Erase my comment' }).click();
  await page.getByRole('button', { name: 'Erase my words' }).click();
  await expect(page.getByText(/The comment was erased/)).toHaveCount(2);
  await expect(page.getByText('Second words.')).toHaveCount(0);

  await page.getByRole('button', { name: 'Withdraw my rating' }).click();
  await page.getByRole('button', { name: 'Withdraw it' }).click();
  await expect(page.getByRole('heading', { name: /^Withdrawn in block/ })).toBeVisible();
  expect((await stack.delivery(delivery))?.revision).toBe(3);
  await axe(page);
  await page.reload();
  await expect(page.getByRole('heading', { name: /^Withdrawn in block/ })).toBeVisible();
});

test('the component tells its page each step once, and no secret', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  const heard: string[] = [];
  await page.exposeFunction('heard', (what: string) => heard.push(what));
  await page.addInitScript(() => {
    for (const name of ['accepted', 'recorded', 'rejected', 'taken-over', 'error'])
      addEventListener(`doorstep-${name}`, (event) =>
        (globalThis as unknown as { heard(what: string): void }).heard(
          `${name} ${JSON.stringify((event as CustomEvent).detail)}`,
        ),
      );
  });
  await page.goto(delivery.link);
  await rate(page, 5);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  expect(heard.map((one) => one.split(' ')[0])).toEqual(['accepted', 'recorded']);
  expect(heard.join()).toMatch(/"recordBy":"20\d\d-.*"block":\d+/);
  expect(heard.join()).not.toContain(delivery.link.split('#')[1]);
});

test('hostile words show as words', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  const hostile =
    '<img src=x onerror=alert(1)><script>alert(2)</script>"\'>&lt;b&gt; javascript:alert(3) {{7*7}} \u202Eevil';
  await page.goto(delivery.link);
  await rate(page, 1);
  await page.getByRole('textbox', { name: /In your words/ }).fill(hostile);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await expect(page.getByText(hostile, { exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByText(hostile, { exact: true })).toBeVisible();
});

test('everything goes with the keyboard alone', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  const five = page.getByRole('radio', { name: /^5 of 5 stars/ }).first();
  await expect(five).toBeVisible();
  for (
    let tabs = 0;
    tabs < 20 &&
    !(await page
      .getByRole('radio', { name: /^1 of 5/ })
      .first()
      .evaluate((one) => one === (one.getRootNode() as ShadowRoot).activeElement));
    tabs++
  )
    await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  for (let star = 1; star < 5; star++) await page.keyboard.press('ArrowRight');
  await expect(five).toBeChecked();
  await submit(page).focus();
  await page.keyboard.press('Enter');
  await expect(recorded(page)).toBeVisible();
  const focused = await page.evaluate(() => {
    let inner = document.activeElement;
    while (inner?.shadowRoot?.activeElement) inner = inner.shadowRoot.activeElement;
    return inner?.id;
  });
  expect(focused).toBe('heading');
});

test('without stars nothing is sent, and the form says so', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await submit(page).click();
  await expect(page.getByText('Choose one to five stars, or write a comment.')).toBeVisible();
  expect((await stack.delivery(delivery))?.revision).toBe(0);
});

test('who drove before can still be meant; the choice is signed', async ({ page, stack }) => {
  const [first = 0, second = 0] = stack.carrier.drivers;
  const delivery = await stack.open();
  await stack.report(delivery, 'attempted', first);
  await stack.report(delivery, 'delivered', second);
  await page.goto(delivery.link);
  await expect(page.getByText(`This is about driver ${second} of ${stack.carrier.name}.`)).toBeVisible();
  await rate(page, 1);
  await page.getByRole('radio', { name: new RegExp(`^Driver ${first}\\b`) }).check({ force: true });
  await expect(page.getByText(`This is about driver ${first} of ${stack.carrier.name}.`)).toBeVisible();
  await page.getByRole('radio', { name: 'No, nothing came' }).check({ force: true });
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await expect(page.getByText(`Driver ${first}`, { exact: true })).toBeVisible();
  await expect(page.getByText('Something missing')).toBeVisible();
});

test('another driver named while rating takes nobody’s place; it is said, and can be changed', async ({
  page,
  stack,
}) => {
  const [first = 0, second = 0] = stack.carrier.drivers;
  const about = (driver: number) =>
    page.getByText(`This is about driver ${driver} of ${stack.carrier.name}.`);
  const delivery = await stack.open();
  await stack.report(delivery, 'attempted', first);
  await page.goto(delivery.link);
  await rate(page, 1);
  await expect(about(first)).toBeVisible();
  await stack.report(delivery, 'delivered', second);
  const said = page.getByRole('status').filter({ hasText: `has named driver ${second}` });
  await expect(said).toBeVisible();
  await expect(about(first)).toBeVisible();
  await axe(page);
  await fits(page, 320);
  await page.getByRole('button', { name: `Make it about driver ${second}` }).click();
  await expect(about(second)).toBeVisible();
  await expect(said).toHaveCount(0);
  await page.getByRole('radio', { name: new RegExp(`^Driver ${first}\\b`) }).check({ force: true });
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await expect(page.getByText(`Driver ${first}`, { exact: true })).toBeVisible();
});

test('without a live line the page looks by itself until it is recorded', async ({
  page,
  stack,
  watched,
}) => {
  watched.tolerate(/ERR_FAILED/);
  const delivery = await stack.delivered();
  await page.route('**/v1/stream**', (route) => route.abort());
  await page.goto(delivery.link);
  await rate(page, 4);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible({ timeout: 30_000 });
});
