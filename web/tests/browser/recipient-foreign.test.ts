/** Feedback that this device never signed is said to be none of its own, with what to do; and several drivers to choose from. */

import { rate, recorded, submit } from './support/recipient.ts';
import { axe, expect, fits, test } from './support/stack.ts';

test('feedback that the link’s key signed elsewhere is said; one’s own takes its place and the delivery', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await stack.feedback(delivery, { overall: 5, driver: delivery.driver });
  await page.goto(delivery.link);
  await expect(recorded(page)).toBeVisible();
  const note = page.locator('standing-feedback').locator('#stranger');
  await expect(note).toContainText('not signed on this device, but with the key in the link');
  await expect(note).toContainText('choose “Change my feedback”');
  await expect(note).toContainText(delivery.carrier.name);
  await axe(page);
  await fits(page, 320);
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await rate(page, 1);
  await submit(page).click();
  await expect(page.getByText(/revision 2/)).toBeVisible();
  await expect(note).toHaveCount(0);
  await expect(page.locator('past-feedback')).toContainText('Not signed on this device.');
  expect((await stack.delivery(delivery))?.taken_over).toBe(true);
  await page.reload();
  await expect(recorded(page)).toBeVisible();
  await expect(note).toHaveCount(0);
});

test('what another device with the same code signs is said to be of that one', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 2);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await expect(page.locator('#stranger')).toHaveCount(0);
  await page.getByRole('button', { name: 'Show the code' }).click();
  const code = (await page.locator('keep-access d-copy').getAttribute('value')) ?? '';
  const seed = Uint8Array.from(Buffer.from(code, 'base64url'));
  await stack.feedback(delivery, { overall: 4, driver: delivery.driver, revision: 2 }, seed);
  await expect(page.locator('#stranger')).toContainText('on another one that has your code');
  await axe(page);
});

test('the component says the same on a shop’s page', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await stack.feedback(delivery, { overall: 5, driver: delivery.driver });
  await page.goto(`${stack.origin}/shop-example`);
  await page.evaluate(async (link) => {
    await customElements.whenDefined('doorstep-feedback');
    const made = document.createElement('doorstep-feedback');
    made.setAttribute('link', link);
    document.querySelector('main')?.append(made);
  }, delivery.link);
  await expect(page.locator('#stranger')).toContainText('not signed on this device');
});

test('who delivered is proposed, whatever is reported later; several are offered with day and outcome', async ({
  page,
  stack,
}) => {
  const [first = 0, second = 0] = stack.carrier.drivers;
  const delivery = await stack.open();
  await stack.report(delivery, 'attempted', first);
  await stack.report(delivery, 'delivered', second);
  await stack.report(delivery, 'lost', first);
  await page.goto(delivery.link);
  await expect(page.getByText(`This is about driver ${second} of ${stack.carrier.name}.`)).toBeVisible();
  const choice = page.getByRole('group', { name: 'Whom is it about?' });
  for (const [driver, what] of [
    [first, 'Attempted: nobody at home'],
    [second, 'Delivered'],
  ] as const)
    await expect(
      choice.locator('label', { hasText: `Driver ${driver}` }).locator('.part'),
      String(driver),
    ).toHaveText(new RegExp(`^${what}, \\w+ \\d+|^${what}, \\w+, \\w+ \\d+`));
  await expect(choice.getByRole('radio', { name: new RegExp(`^Driver ${second}\\b`) })).toBeChecked();
  await axe(page);
  await fits(page, 320);
  await rate(page, 1);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  const history = await stack
    .as(stack.carrier)
    .get<{ entries: { kind: string; driver: number }[] }>(`/v1/deliveries/${delivery.deliveryId}/history`);
  expect(history.entries.find((one) => one.kind === 'feedback')?.driver).toBe(second);
});
