/** A record head recomputed in the browser: green on the real record, red where an answer was tampered with. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { ZERO_HASH } from '../../src/core/hex.ts';
import { headAfter } from '../../src/explorer/record/heads.ts';
import type { Entry } from '../../src/service/models.ts';
import type { Network } from './support/network.ts';
import { axe, expect, fits, test } from './support/stack.ts';

const GREEN = '[data-verdict=green]';
const RED = '[data-verdict=red]';
/** What the check reads; the list beside it reads shorter pages. */
const CHECKED = '**/v1/history?*limit=1000*';

async function recompute(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Recompute the record head' }).click();
}

/** Returns what the node answers to the page's own command, sent as that command sends it. */
async function askedNode(page: Page, stack: Network): Promise<string> {
  const command = await page.locator('head-check .node d-copy code').textContent();
  const body = /-d '(.*)'$/.exec(command ?? '')?.[1] as string;
  const network = JSON.parse(await readFile(join(stack.data, 'doorstep.json'), 'utf8')) as { rpc: string };
  const answer = await fetch(network.rpc, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return answer.text();
}

test('a driver’s head comes out as the index states it, and as the node reports it', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await stack.feedback(delivery, { driver: delivery.driver, overall: 5 });
  await page.goto(`${stack.origin}/explorer/drivers/${delivery.driver}`);
  await recompute(page);
  await expect(page.locator(GREEN)).toContainText('no difference');
  await page.getByLabel('Your node’s answer').fill(await askedNode(page, stack));
  await expect(page.locator('[data-node=green]')).toContainText('Your node says the same.');
  for (const width of [320, 768, 1440]) await fits(page, width);
  await axe(page);

  await page.getByLabel('Your node’s answer').fill(`0x${'ab'.repeat(32)}`);
  await expect(page.locator('[data-node=red]')).toContainText('Your node reports another head.');
  await axe(page);
  await page.getByLabel('Your node’s answer').fill('{"error":"no such block"}');
  await expect(page.getByText('There is no head in this')).toBeVisible();
});

test('a carrier’s head comes out as the index states it, and as the node reports it', async ({
  page,
  stack,
}) => {
  const delivery = await stack.open();
  await stack.takeOver(delivery);
  await page.goto(`${stack.origin}/explorer/members/${stack.carrier.number}`);
  await recompute(page);
  await expect(page.locator(GREEN)).toContainText('no difference');
  await page.getByLabel('Your node’s answer').fill(await askedNode(page, stack));
  await expect(page.locator('[data-node=green]')).toBeVisible();
});

test('one rating changed in an answer ends red, and names that very entry', async ({ page, stack }) => {
  const driver = stack.carrier.drivers[1] as number;
  const delivery = await stack.open();
  await stack.report(delivery, 'delivered', driver);
  await stack.feedback(delivery, { driver, overall: 1 });
  // One entry after it, so that the page can tell what was changed.
  await stack.feedback(delivery, { driver, overall: 2, revision: 2 });
  let forged: Entry | undefined;
  await page.route(CHECKED, async (route) => {
    const answer = await route.fetch();
    const history = (await answer.json()) as { entries: Entry[] };
    const mine = history.entries.filter((one) => one.delivery_id === delivery.deliveryId);
    forged = mine.find((one) => one.kind === 'feedback' && one.item.revision === 1);
    if (forged !== undefined) (forged.item as { overall: number }).overall = 5;
    await route.fulfill({ response: answer, json: history });
  });
  await page.goto(`${stack.origin}/explorer/drivers/${driver}`);
  await recompute(page);
  const red = page.locator(RED);
  await expect(red).toContainText('Difference at entry');
  await expect(red).toContainText(`Block ${forged?.block}, log index ${forged?.log_index}.`);
  await expect(red).toContainText(forged?.head as string);
  await expect(red).toContainText('a value of this entry was changed');
  await expect(red.locator('explorer-entry')).toContainText(/5.of.5/);
  await expect(page.locator(GREEN)).toHaveCount(0);
  for (const width of [320, 768, 1440]) await fits(page, width);
  await axe(page);
  await page.getByLabel('Your node’s answer').fill(await askedNode(page, stack));
  await expect(page.locator('[data-node=red]')).toBeVisible();
});

test('an entry left out ends red at the one after it', async ({ page, stack }) => {
  const driver = stack.carrier.drivers[1] as number;
  const delivery = await stack.open();
  await stack.report(delivery, 'out_for_delivery', driver);
  await stack.report(delivery, 'attempted', driver);
  await stack.report(delivery, 'delivered', driver);
  // One entry after the one that is missed, so that the page can tell what was changed.
  await stack.feedback(delivery, { driver, overall: 3 });
  // Whichever comes next on this driver's head: other tests may write to it too.
  let next: Entry | undefined;
  await page.route(CHECKED, async (route) => {
    const answer = await route.fetch();
    const history = (await answer.json()) as { entries: Entry[] };
    const at = history.entries.findIndex(
      (one) => one.delivery_id === delivery.deliveryId && one.item.outcome === 'attempted',
    );
    if (at >= 0) next = history.entries[at + 1];
    await route.fulfill({
      response: answer,
      json: { ...history, entries: history.entries.toSpliced(at, 1) },
    });
  });
  await page.goto(`${stack.origin}/explorer/drivers/${driver}`);
  await recompute(page);
  await expect(page.locator(RED)).toContainText('Difference at entry');
  await expect(page.locator(RED)).toContainText(`Block ${next?.block}, log index ${next?.log_index}.`);
  await expect(page.locator(RED)).toContainText('or an entry before it was left out');
});

test('a line that breaks is no difference: the check says so and can be done again', async ({
  page,
  stack,
  watched,
}) => {
  watched.tolerate(/Failed to load resource/);
  await page.goto(`${stack.origin}/explorer/drivers/${stack.carrier.drivers[0]}`);
  await expect(page.locator('explorer-entry').first()).toBeVisible();
  await page.route('**/v1/history*', (route) => route.abort());
  await recompute(page);
  await expect(page.locator('head-check d-state')).toContainText('Can’t reach the service');
  await axe(page);
  await page.unroute('**/v1/history*');
  await page.locator('head-check').getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator(GREEN)).toBeVisible();
});

test('a long check says how far it is, and can be stopped', async ({ page, stack }) => {
  const driver = stack.carrier.drivers[0] as number;
  const history = await stack
    .as(stack.members.reviewer)
    .get<{ entries: readonly Entry[] }>('/v1/history', { driver, limit: 1 });
  const chain = long(history.entries[0] as Entry, PAGES * PAGE);
  await page.route(CHECKED, async (route) => {
    const at = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0);
    const entries = chain.slice(at * PAGE, (at + 1) * PAGE);
    const next_cursor = at + 1 < PAGES ? String(at + 1) : null;
    await route.fulfill({ json: { entries, next_cursor, indexed_block: chain.length } });
  });
  await page.goto(`${stack.origin}/explorer/drivers/${driver}`);
  await recompute(page);
  await expect(page.getByRole('progressbar')).toBeVisible();
  await expect(page.getByText(/\d entr\w+, up to block \d/)).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('progressbar')).toHaveCount(0);
  await expect(page.locator('[data-verdict]')).toHaveCount(0);
  await recompute(page);
  await expect(page.locator(GREEN)).toContainText('8,000 entries, no difference');
});

const PAGE = 1000;
const PAGES = 8;

/** Returns a head's entries that all stand: one entry, in block after block. */
function long(entry: Entry, count: number): Entry[] {
  let head: string = ZERO_HASH;
  return Array.from({ length: count }, (_, at) => {
    const copy = { ...entry, block: at + 1 };
    const next = headAfter(head, copy);
    head = next;
    return { ...copy, head: next };
  });
}

test('the commands are whole, and can be copied', async ({ page, stack, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const driver = stack.carrier.drivers[0];
  await page.goto(`${stack.origin}/explorer/drivers/${driver}`);
  const commands = page.locator('self-check d-copy');
  await expect(commands).toHaveCount(3);
  await expect(commands.first()).toContainText(`doorstep history --driver ${driver} --json`);
  await expect(commands.nth(2)).toContainText((await stack.ledger()).domain.verifyingContract);
  await commands.first().getByRole('button').click();
  await expect(commands.first()).toContainText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    `doorstep history --driver ${driver} --json`,
  );
});
