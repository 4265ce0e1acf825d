/** A change of what was said: kept on the device until it is sent, dropped or erased, and never taken to another delivery. */

import { fromBase64Url } from '../../src/core/hex.ts';
import { rate, recorded, submit, words } from './support/recipient.ts';
import { axe, expect, fits, test } from './support/stack.ts';

const began = 'You began a change.';

test('a change that was begun survives leaving the form and the page, letter by letter, until it is sent', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 2);
  await words(page).fill('First words.');
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText(began), 'nothing was changed').toHaveCount(0);
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await rate(page, 5);
  await words(page).fill('Second wor');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText(began)).toBeVisible();
  await expect(page.getByText('First words.')).toBeVisible();
  await axe(page);
  await fits(page, 320);
  await page.reload();
  await page.getByRole('button', { name: 'Go on with the change' }).click();
  await expect(words(page)).toHaveValue('Second wor');
  await expect(page.getByRole('radio', { name: /^5 of 5 stars/ }).first()).toBeChecked();
  await words(page).fill('Second words.');
  await submit(page).click();
  await expect(page.getByText(/revision 2\./)).toBeVisible();
  await expect(page.getByText('Second words.')).toBeVisible();
  await page.reload();
  await expect(page.getByText('Second words.')).toBeVisible();
  await expect(page.getByText(began)).toHaveCount(0);
});

test('a change that was begun is forgotten when it is dropped, and when the words are erased', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 2);
  await words(page).fill('First words.');
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  const begin = async () => {
    await page.getByRole('button', { name: 'Change my feedback' }).click();
    await words(page).fill('Second words.');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByText(began)).toBeVisible();
  };
  const forgotten = async () => {
    await expect(page.getByText(began)).toHaveCount(0);
    await page.reload();
    await expect(page.getByRole('button', { name: 'Change my feedback' })).toBeVisible();
    await expect(page.getByText(began)).toHaveCount(0);
  };
  await begin();
  await page.getByRole('button', { name: 'Drop the change' }).click();
  await forgotten();
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await expect(words(page)).toHaveValue('First words.');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await begin();
  await page.getByRole('button', { name: 'Erase my comment' }).click();
  await page.getByRole('button', { name: 'Erase my words' }).click();
  await expect(page.getByText(/The comment was erased/)).toBeVisible();
  await forgotten();
});

test('another revision that came since a change was begun is said, before and after a reload', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 4);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await page.getByRole('button', { name: 'Show the code' }).click();
  const code = (await page.getByText(/^[A-Za-z0-9_-]{43}$/).textContent())?.trim() ?? '';
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await words(page).fill('Mine.');
  const newer = page.getByRole('status').filter({ hasText: 'Since you began this change, revision 2' });
  await expect(newer).toHaveCount(0);
  // The recipient's other device, with the same code.
  await stack.feedback(delivery, { overall: 3, revision: 2 }, fromBase64Url(code) ?? undefined);
  await expect(newer).toBeVisible();
  await expect(words(page)).toHaveValue('Mine.');
  await axe(page);
  await page.reload();
  await page.getByRole('button', { name: 'Go on with the change' }).click();
  await expect(newer).toBeVisible();
  await expect(words(page)).toHaveValue('Mine.');
  await submit(page).click();
  await expect(page.getByText(/revision 3\./)).toBeVisible();
});

test('the page of another delivery takes nothing of a change over', async ({ page, stack }) => {
  const [one, other] = [await stack.delivered(), await stack.delivered()];
  await page.goto(one.link);
  await rate(page, 4);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await words(page).fill('About the first.');
  // As a link within a page would: only the address changes, and its fragment.
  await page.evaluate((link) => {
    history.replaceState(null, '', link);
    dispatchEvent(new HashChangeEvent('hashchange'));
  }, other.link);
  await expect(page.getByRole('heading', { name: 'How was your delivery?' })).toBeVisible();
  await expect(page.getByRole('radio', { checked: true })).toHaveCount(0);
  await rate(page, 5);
  await expect(words(page)).toHaveValue('');
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await expect(page.getByText('About the first.')).toHaveCount(0);
});

test('once recorded, the receipt can still be saved', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 4);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await page.reload();
  await expect(recorded(page)).toBeVisible();
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the receipt' }).click();
  const stream = await (await saved).createReadStream();
  let text = '';
  for await (const part of stream) text += part;
  const proof = JSON.parse(text);
  expect(proof.receipt).toMatchObject({ feedback_digest: proof.feedback_digest });
  expect(proof.feedback).toMatchObject({ delivery_id: delivery.deliveryId, overall: 4 });
});
