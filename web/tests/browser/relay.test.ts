/** What the recipient sees when the relay is slow, down, or breaks its promise: on a network of its own. */

import { Network } from './support/network.ts';
import { expect, test as onShared } from './support/stack.ts';
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
  const history = await stack
    .as(stack.members.shop)
    .get<{ entries: { kind: string }[] }>(`/v1/deliveries/${delivery.deliveryId}/history`);
  expect(history.entries.filter((one) => one.kind === 'feedback')).toHaveLength(1);
  expect(history.entries.filter((one) => one.kind === 'key_change')).toHaveLength(1);
});
