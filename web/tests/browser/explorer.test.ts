/** The explorer: searching, reading, following, on the real record. */

import type { Page } from '@playwright/test';
import { readToken } from '../../src/core/links.ts';
import { Client } from '../../src/service/client.ts';
import type { DeliveryEntry, Entry } from '../../src/service/models.ts';
import { shownName } from '../../src/service/names.ts';
import type { Network, OpenDelivery } from './support/network.ts';
import { axe, expect, fits, test } from './support/stack.ts';

const WIDTHS = [320, 768, 1440];

function short(id: string): string {
  return `${id.slice(0, 6)}…${id.slice(-4)}`;
}

async function entriesOf(stack: Network, delivery: OpenDelivery): Promise<readonly Entry[]> {
  const client = new Client(stack.origin);
  const query = { delivery: delivery.deliveryId };
  return (await client.get<{ entries: readonly Entry[] }>('/v1/history', query)).entries;
}

async function looksRight(page: Page): Promise<void> {
  for (const width of WIDTHS) await fits(page, width);
  await axe(page);
}

async function search(page: Page, text: string): Promise<void> {
  await page.getByRole('searchbox').fill(text);
  await page.getByRole('searchbox').press('Enter');
}

test('the start says what this is, the ledger’s facts, and what comes in while one looks', async ({
  page,
  stack,
}) => {
  await page.goto(`${stack.origin}/explorer`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The record, for everyone to check');
  const ledger = await stack.ledger();
  await expect(page.getByText(ledger.domain.verifyingContract)).toBeVisible();
  for (const member of ledger.members)
    await expect(page.getByRole('link', { name: `Member ${member.member} ·` })).toContainText(
      shownName(member),
    );
  await expect(page.getByText('live', { exact: true })).toBeVisible();
  await looksRight(page);

  const delivery = await stack.open();
  const entry = page.locator('explorer-entry', { hasText: short(delivery.deliveryId) });
  const offer = page.getByRole('button', { name: /^\d+ new entr(y|ies): show$/ });
  await expect(offer).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: /^\d+ new entr(y|ies)$/ })).toBeAttached();
  await expect(entry).toHaveCount(0);
  await looksRight(page);
  await offer.click();
  await expect(entry).toContainText(`${stack.members.shop.name} opened delivery`);
  await expect(page.locator('explorer-entry').first().getByRole('link').first()).toBeFocused();
  await expect(page.locator('li.arrived').first()).toBeVisible();
  await stack.report(delivery, 'attempted', stack.carrier.drivers[0]);
  await offer.click();
  await expect(entry.first()).toContainText('attempted by driver');
});

test('a delivery is found by its id, its page follows it, and its raw values unfold', async ({
  page,
  stack,
}) => {
  const delivery = await stack.open();
  await page.goto(`${stack.origin}/explorer`);
  await search(page, delivery.deliveryId);
  await expect(page).toHaveURL(`${stack.origin}/explorer/deliveries/${delivery.deliveryId}`);
  await expect(page).toHaveTitle(`Delivery ${short(delivery.deliveryId)} · Explorer · Doorstep`);
  await expect(page.getByRole('heading', { name: 'Opened, nothing reported yet' })).toBeVisible();
  await expect(page.getByText('live', { exact: true })).toBeVisible();

  await stack.report(delivery, 'delivered', stack.carrier.drivers[0]);
  await expect(page.getByRole('heading', { name: 'Delivered' })).toBeVisible();
  await stack.feedback(delivery, { driver: stack.carrier.drivers[0] as number, overall: 4, issues: 1 });
  await expect(page.locator('explorer-entry').last()).toContainText('4 of 5, with issues: late');
  await stack.takeOver(delivery);
  await expect(page.getByText('changed by the recipient')).toBeVisible();

  const [, , feedback] = await entriesOf(stack, delivery);
  await page.getByRole('button', { name: 'Raw values' }).nth(2).click();
  const raw = page.locator('.raw');
  for (const value of [feedback?.word, feedback?.head, feedback?.tx_hash])
    await expect(raw).toContainText(value as string);
  await expect(raw).toContainText('RATEABLE');
  await looksRight(page);
});

test('of a pasted tracking link only the id is used, and the secret stands nowhere', async ({
  page,
  stack,
}) => {
  const delivery = await stack.open();
  const secret = new URL(delivery.link).hash.slice(1);
  const sent: string[] = [];
  page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
  await page.goto(`${stack.origin}/explorer`);
  await page.getByRole('searchbox').fill(delivery.link);
  await expect(page.getByRole('searchbox')).toHaveValue(delivery.deliveryId);
  await expect(page.getByText('Its secret part was removed')).toBeVisible();
  await axe(page);
  await page.getByRole('searchbox').press('Enter');
  await expect(page.getByRole('heading', { name: 'Opened, nothing reported yet' })).toBeVisible();
  expect(page.url()).not.toContain(secret);
  expect(await page.content()).not.toContain(secret);
  expect(sent.join('\n')).not.toContain(secret);

  await page.goto(`${stack.origin}/explorer/deliveries/${delivery.deliveryId}#${secret}`);
  await expect(page.getByText('Its secret part was removed')).toBeVisible();
  expect(page.url()).not.toContain('#');
});

test('numbers offer what they may be, hashes are asked for, and nothing found says so', async ({
  page,
  stack,
}) => {
  const delivery = await stack.open();
  const [entry] = await entriesOf(stack, delivery);
  await page.goto(`${stack.origin}/explorer`);
  await search(page, '3');
  await expect(page.getByRole('link', { name: 'Block 3', exact: true })).toBeVisible();
  await axe(page);
  await page.getByRole('link', { name: 'Driver 3', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Driver 3');

  await search(page, entry?.tx_hash as string);
  await expect(page).toHaveURL(`${stack.origin}/explorer/tx/${entry?.tx_hash}`);
  await expect(page.locator('explorer-entry').first()).toBeVisible();
  await search(page, `block ${entry?.block}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Block ${entry?.block}`);
  await expect(page.locator('explorer-entry').first()).toBeVisible();
  await search(page, stack.carrier.name.slice(0, 4));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(stack.carrier.name);

  const nothing = `0x${'ee'.repeat(32)}`;
  await search(page, nothing);
  await expect(page.getByText(`Looked for a delivery and for a transaction ${nothing}`)).toBeVisible();
  await looksRight(page);
  await search(page, 'where is my parcel');
  await expect(page.getByText('“where is my parcel” is nothing that can be looked up')).toBeVisible();
  await expect(page.getByText('a transaction’s hash, 0x and 64 digits')).toBeVisible();

  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Block ${entry?.block}`);
  await page.goBack();
  await expect(page).toHaveURL(`${stack.origin}/explorer/tx/${entry?.tx_hash}`);
  await page.goBack();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The record, for everyone to check');
});

test('every address opens by itself, and what is not there says so', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  const [entry] = await entriesOf(stack, delivery);
  const there: readonly (readonly [string, string])[] = [
    [`drivers/${delivery.driver}`, `Driver ${delivery.driver}`],
    [`members/${stack.carrier.number}`, stack.carrier.name],
    [`members/${stack.members.shop.number}`, stack.members.shop.name],
    [`tx/${entry?.tx_hash}`, `Transaction ${short(entry?.tx_hash as string)}`],
    [`blocks/${entry?.block}`, `Block ${entry?.block}`],
  ];
  for (const [path, heading] of there) {
    await page.goto(`${stack.origin}/explorer/${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
    await expect(page.locator('explorer-entry').first()).toBeVisible();
    await expect(page.locator('d-state[kind=loading]')).toHaveCount(0);
    await looksRight(page);
  }
});

test('what is not there says so', async ({ page, stack }) => {
  const absent: readonly (readonly [string, string])[] = [
    [`deliveries/0x${'ee'.repeat(32)}`, 'The record has no such delivery'],
    [`tx/0x${'ee'.repeat(32)}`, 'The record has no entry of this transaction'],
    ['drivers/4000000', 'The record has no entry that names driver 4000000'],
    ['members/60000', 'There is no member 60000'],
    ['blocks/1', 'No entry of the record stands in this block'],
    ['blocks/99999999', 'The index has not read this block yet'],
    ['nothing/like/this', 'There is no such page'],
  ];
  for (const [path, words] of absent) {
    await page.goto(`${stack.origin}/explorer/${path}`);
    await expect(page.getByText(words).first()).toBeVisible();
  }
  await axe(page);
});

test('a long list goes on at the end, once for every entry', async ({ page, stack }) => {
  await page.goto(`${stack.origin}/explorer`);
  const entries = page.locator('explorer-entry');
  await expect.poll(() => entries.count()).toBeGreaterThanOrEqual(10);
  await page.getByRole('button', { name: 'Show older entries' }).click();
  await expect.poll(() => entries.count()).toBeGreaterThanOrEqual(20);
  const places = await entries.evaluateAll((all) =>
    all.map((one) => {
      const { entry } = one as HTMLElement & { entry: { block: number; log_index: number } };
      return entry.block * 1e6 + entry.log_index;
    }),
  );
  expect(places).toEqual([...new Set(places)].sort((one, other) => other - one));
});

test('a text is held against its hash, on this device', async ({ page, stack, watched }) => {
  watched.tolerate(/Failed to load resource/);
  const delivery = await stack.delivered();
  const comment = 'Danke! <b>Sehr</b> freundlich.';
  await stack.feedback(delivery, { driver: delivery.driver, overall: 5, comment });
  const token = readToken(stack.link(delivery).secret, stack.link(delivery).deliveryId);
  const history = await new Client(stack.origin, { readToken: token }).get<{
    entries: readonly DeliveryEntry[];
  }>(`/v1/deliveries/${delivery.deliveryId}/history`);
  const salt = history.entries.at(-1)?.document?.salt as string;
  await page.goto(`${stack.origin}/explorer/deliveries/${delivery.deliveryId}`);
  await page.getByText('Compare a text').click();
  await page.getByLabel('Text, as it was written').fill(comment);
  await page.getByLabel('Salt').fill(salt);
  await page.context().setOffline(true);
  await page.getByRole('button', { name: 'Compare on this device' }).click();
  await expect(page.getByText('It belongs to this delivery.')).toBeVisible();
  await page.getByLabel('Text, as it was written').fill(`${comment}!`);
  await page.getByRole('button', { name: 'Compare on this device' }).click();
  await expect(page.getByText('It belongs to no entry of this delivery.')).toBeVisible();
  await page.context().setOffline(false);
  await looksRight(page);
});

test('a record that is not public asks for a member’s key, and keeps it in memory only', async ({
  page,
  stack,
  watched,
}) => {
  watched.tolerate(/401/);
  await page.route('**/v1/ledger', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...(await answer.json()), public_record: false } });
  });
  const path = `${stack.origin}/explorer/drivers/${stack.carrier.drivers[0]}`;
  await page.goto(path);
  await expect(page.getByLabel('API key')).toBeVisible();
  await looksRight(page);
  await page.getByLabel('API key').fill('not.a-key');
  await page.getByRole('button', { name: 'Read the record' }).click();
  await expect(page.getByText('This key does not open the record')).toBeVisible();
  await axe(page);
  await page.getByLabel('API key').fill(stack.members.reviewer.key);
  await page.getByRole('button', { name: 'Read the record' }).click();
  await expect(page.getByText(`Reading as ${stack.members.reviewer.name}`)).toBeVisible();
  await expect(page.locator('explorer-entry').first()).toBeVisible();
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(kept).toBe('[{},{}]');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('API key')).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('API key')).toHaveValue('');
});

test('without a line it says so, and goes on when asked to', async ({ page, stack, watched }) => {
  watched.tolerate(/Failed to load resource/);
  await page.route('**/v1/**', (route) => route.abort());
  await page.goto(`${stack.origin}/explorer`);
  await expect(page.getByText(/Can.t reach the service/)).toBeVisible();
  await looksRight(page);
  await page.unroute('**/v1/**');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('explorer-entry').first()).toBeVisible();

  await page.route('**/v1/history*', (route) => route.fulfill({ status: 500, json: { detail: 'Broken.' } }));
  await search(page, 'driver 1');
  await expect(page.getByText('This could not be loaded')).toBeVisible();
  await axe(page);
  await page.unroute('**/v1/history*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('explorer-entry').first()).toBeVisible();
});
