/** What needs a network of its own: a relay that is slow, down, or breaks its promise; and time that passes. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signIn } from './support/dashboard.ts';
import { Network } from './support/network.ts';
import { axe, expect, test as onShared } from './support/stack.ts';
import { children, type Running, up } from './support/up.ts';

const test = onShared.extend<object, { running: Running }>({
  running: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from its parameters.
    async ({}, use) => {
      const running = await up('--sample', 'demo', '--public');
      await use(running);
      await running.stop();
    },
    { scope: 'worker', timeout: 240_000 },
  ],
  stack: [
    async ({ running }, use) => {
      await use(await Network.of(running.origin, running.data));
    },
    { scope: 'worker' },
  ],
});

// One network after another would cost more than the tests: they go one by one on a single one, time last.
test.describe.configure({ mode: 'default' });

async function child(running: Running, name: string): Promise<number> {
  const pid = (await children(running.pid))[name];
  if (pid === undefined) throw new Error(`no ${name} runs`);
  return pid;
}

test('a slow relay: accepted with its promise, recorded once it comes round', async ({
  page,
  stack,
  running,
}) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await page
    .getByRole('radio', { name: /^4 of 5 stars/ })
    .first()
    .check({ force: true });
  const worker = await child(running, 'worker');
  process.kill(worker, 'SIGSTOP');
  try {
    await page.getByRole('button', { name: /^Sign and send/ }).click();
    await expect(page.getByRole('heading', { name: 'Accepted', exact: true })).toBeVisible();
    await expect(page.getByText(/promises, signed, to have it on record by/)).toBeVisible();
    await expect(page.getByText(/0x[0-9a-f]{8}/).first()).toBeVisible();
    await axe(page);
  } finally {
    process.kill(worker, 'SIGCONT');
  }
  await expect(page.getByRole('heading', { name: /^Recorded in block/ })).toBeVisible({ timeout: 30_000 });
  expect((await stack.delivery(delivery))?.revision).toBe(1);
});

test('a broken promise: past its deadline the page says so, and the receipt can be kept', async ({
  page,
  stack,
  running,
}) => {
  const delivery = await stack.delivered();
  await page.clock.install();
  await page.goto(delivery.link);
  await page
    .getByRole('radio', { name: /^1 of 5 stars/ })
    .first()
    .check({ force: true });
  const worker = await child(running, 'worker');
  process.kill(worker, 'SIGSTOP');
  try {
    await page.getByRole('button', { name: /^Sign and send/ }).click();
    await expect(page.getByRole('heading', { name: 'Accepted', exact: true })).toBeVisible();
    await page.clock.fastForward('02:00:00');
    await expect(page.getByRole('heading', { name: 'Accepted, but not on record in time' })).toBeVisible();
    await axe(page);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the receipt' }).click();
    expect((await saved).suggestedFilename()).toMatch(/\.json$/);
  } finally {
    process.kill(worker, 'SIGCONT');
  }
  await page.clock.runFor('00:01:00');
  await expect(page.getByRole('heading', { name: /^Recorded in block/ })).toBeVisible({ timeout: 30_000 });
});

test('the service goes down as feedback is sent: it waits, goes out when the service is back, and counts once', async ({
  page,
  stack,
  running,
  watched,
}) => {
  watched.tolerate(
    /Failed to load resource/,
    /ERR_CONNECTION_REFUSED/,
    /ERR_CONNECTION_RESET/,
    /ERR_EMPTY_RESPONSE/,
  );
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await page
    .getByRole('radio', { name: /^2 of 5 stars/ })
    .first()
    .check({ force: true });
  let posted = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/v1/feedback')) posted += 1;
  });
  // Answers to the first feedback are lost on the way: the service has it, and the page cannot know.
  await page.route('**/v1/feedback', async (route) => {
    if (posted > 1) return route.continue();
    await route.fetch();
    process.kill(await child(running, 'api'), 'SIGKILL');
    await route.abort('connectionreset');
  });
  await page.getByRole('button', { name: /^Sign and send/ }).click();
  await expect(page.getByRole('heading', { name: /^Recorded in block/ })).toBeVisible({ timeout: 60_000 });
  await stack.until(async () => (await stack.delivery(delivery))?.revision === 1, 'the service is back');
  const history = await stack
    .as(stack.members.shop)
    .get<{ entries: { kind: string }[] }>(`/v1/deliveries/${delivery.deliveryId}/history`);
  expect(history.entries.filter((one) => one.kind === 'feedback')).toHaveLength(1);
  expect(history.entries.filter((one) => one.kind === 'key_change')).toHaveLength(1);
});

test('over a cut the deliveries that show stay, and what happened meanwhile is there after it', async ({
  page,
  stack,
  running,
  watched,
}) => {
  test.slow(); // the service starts again
  watched.tolerate(/Failed to load resource/, /ERR_/);
  const before = await stack.open();
  await signIn(page, stack, stack.carrier, '/dashboard/deliveries');
  await expect(page.getByRole('status').filter({ hasText: /^Live$/ })).toBeVisible();
  const row = page.getByRole('row').filter({ has: page.locator(`a[href$="${before.deliveryId}"]`) });
  await expect(row).toContainText('Opened');
  process.kill(await child(running, 'api'), 'SIGKILL');
  await expect(page.getByRole('status').filter({ hasText: /onnecting…$/ })).toBeVisible();
  await expect(row).toContainText('Opened');
  await stack.until(async () => (await stack.delivery(before)) !== null, 'the service is back');
  await stack.report(before, 'attempted', before.carrier.drivers[0]);
  const came = await stack.open();
  await expect(page.getByRole('status').filter({ hasText: /^Live$/ })).toBeVisible({ timeout: 30_000 });
  await expect(row).toContainText('Attempted');
  await page.getByRole('button', { name: '1 new delivery: show' }).click();
  await expect(page.locator(`a[href$="${came.deliveryId}"]`)).toBeFocused();
});

async function pass(running: Running, stack: Network, seconds: number): Promise<void> {
  const token = await readFile(join(running.data, 'keys', 'devnet-token'), 'utf8');
  const call = async (method: string, params: unknown[]) => {
    const answer = await fetch(running.rpc, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token.trim()}` },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    expect(await answer.json()).toHaveProperty('result');
  };
  const before = await stack.minute();
  await call('evm_increaseTime', [seconds]);
  await call('evm_mine', []);
  await stack.until(async () => (await stack.minute()) >= before + seconds, 'the chain is there');
}

const DAY = 24 * 3600;

test('a parcel that comes late is said to be late, and the form asks about it first', async ({
  page,
  stack,
  running,
}) => {
  const delivery = await stack.open({ promisedInHours: 24 });
  await stack.report(delivery, 'out_for_delivery', delivery.carrier.drivers[0]);
  await pass(running, stack, 3 * DAY);
  await stack.report(delivery, 'delivered', delivery.carrier.drivers[0]);
  await page.goto(delivery.link);
  await expect(page.getByText(/^2 days late$/)).toBeVisible();
  await page
    .getByRole('radio', { name: /^3 of 5 stars/ })
    .first()
    .check({ force: true });
  await expect(page.getByRole('checkbox', { name: 'Late' }).first()).toBeVisible();
  await axe(page);
});

test('after 366 days feedback is closed, and what was said still stands', async ({
  page,
  stack,
  running,
}) => {
  const rated = await stack.delivered();
  await stack.feedback(rated, { driver: rated.driver, overall: 5, comment: 'Very kind.' });
  const silent = await stack.delivered();
  await pass(running, stack, 370 * DAY);
  // The phone's clock goes with the chain's.
  await page.clock.install({ time: (await stack.minute()) * 1000 });
  await page.goto(rated.link);
  await expect(page.getByText('Very kind.')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Sign and send|^Change my feedback/ })).toHaveCount(0);
  await page.goto('about:blank');
  await page.goto(silent.link);
  await expect(page.getByText('Feedback is closed')).toBeVisible();
  await axe(page);
});
