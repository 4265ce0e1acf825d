/** A phone with a bad line: what is written waits, goes out once, and survives closing the page. */

import type { Page, Request } from '@playwright/test';
import { fromBase64Url } from '../../src/core/hex.ts';
import { rate, recorded, shellKept, submit, withoutBackgroundSync, words } from './support/recipient.ts';
import { axe, expect, fits, test } from './support/stack.ts';

/** Counts the feedback that reaches the service. */
function posts(page: Page): Request[] {
  const seen: Request[] = [];
  page.context().on('requestfinished', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/v1/feedback')) seen.push(request);
  });
  return seen;
}

const CUT = /ERR_INTERNET_DISCONNECTED|ERR_NETWORK|ERR_FAILED|Failed to fetch/;

test('feedback signed without a line goes out once when the line is back', async ({
  page,
  context,
  stack,
  watched,
}) => {
  watched.tolerate(CUT);
  const delivery = await stack.delivered();
  const sent = posts(page);
  await page.goto(delivery.link);
  await rate(page, 3);
  await words(page).fill('Written in a cellar.');
  await context.setOffline(true);
  await expect(page.getByText(/You are offline/)).toBeVisible();
  await submit(page).click();
  await expect(page.getByRole('heading', { name: 'Saved on this device' })).toBeVisible();
  await axe(page);
  await fits(page, 320);
  await page.getByRole('button', { name: 'Change it' }).click();
  await expect(words(page)).toHaveValue('Written in a cellar.');
  await rate(page, 2);
  await submit(page).click();
  await expect(page.getByRole('heading', { name: 'Saved on this device' })).toBeVisible();
  expect(sent).toHaveLength(0);
  await context.setOffline(false);
  await expect(recorded(page)).toBeVisible();
  expect(sent).toHaveLength(1);
  expect((await stack.delivery(delivery))?.revision).toBe(1);
  await expect(page.getByText('2 of 5 stars: poor').first()).toBeAttached();
});

test('two tabs send what waits once', async ({ page, context, stack, watched }) => {
  // One tab may read with the link's token just as the other has put the device's in its place; it then reads with that.
  watched.tolerate(CUT, /status of 403/);
  const delivery = await stack.delivered();
  const sent = posts(page);
  const second = await context.newPage();
  await page.goto(delivery.link);
  await second.goto(delivery.link);
  await expect(submit(second)).toBeVisible();
  await rate(page, 4);
  await context.setOffline(true);
  await submit(page).click();
  await expect(page.getByRole('heading', { name: 'Saved on this device' })).toBeVisible();
  await expect(second.getByRole('heading', { name: 'Saved on this device' })).toBeVisible();
  await context.setOffline(false);
  await expect(recorded(page)).toBeVisible();
  await expect(recorded(second)).toBeVisible();
  expect(sent).toHaveLength(1);
});

test('what waits can be dropped, and then nothing is taken over', async ({
  page,
  context,
  stack,
  watched,
}) => {
  watched.tolerate(CUT);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 1);
  await context.setOffline(true);
  await submit(page).click();
  await page.getByRole('button', { name: 'Drop it' }).click();
  await expect(submit(page)).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText(/You are offline/)).toHaveCount(0);
  await page.reload();
  await expect(submit(page)).toBeVisible();
  expect((await stack.delivery(delivery))?.taken_over).toBe(false);
});

test('a draft, and what waits, survive the page; without a line the page opens all the same', async ({
  page,
  context,
  stack,
  watched,
}) => {
  watched.tolerate(CUT);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 4);
  await words(page).fill('Half a thought');
  await shellKept(page);
  await page.reload();
  await expect(words(page)).toHaveValue('Half a thought');
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByText(/You are offline/)).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Delivered');
  await expect(words(page)).toHaveValue('Half a thought');
  await axe(page);
  await words(page).fill('A whole thought');
  await submit(page).click();
  await expect(page.getByRole('heading', { name: 'Saved on this device' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Saved on this device' })).toBeVisible();
  await context.setOffline(false);
  await expect(recorded(page)).toBeVisible();
  await expect(page.getByText('A whole thought')).toBeVisible();
});

test('an answer that is lost on the way back changes nothing: it is a duplicate', async ({
  page,
  stack,
  watched,
}) => {
  watched.tolerate(CUT);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 5);
  let lost = 0;
  for (const path of ['**/v1/key-changes', '**/v1/feedback'])
    await page.route(
      path,
      async (route) => {
        await route.fetch();
        lost += 1;
        await route.abort();
      },
      { times: 1 },
    );
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  expect(lost).toBeGreaterThan(0);
  expect((await stack.delivery(delivery))?.revision).toBe(1);
});

test('closed right after signing, the page goes on when it is opened again', async ({
  page,
  context,
  stack,
  watched,
}) => {
  watched.tolerate(CUT);
  await withoutBackgroundSync(page);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 5);
  await page.route('**/v1/feedback', (route) => route.abort());
  await submit(page).click();
  await expect(page.getByRole('heading', { name: 'Sending' })).toBeVisible();
  await page.close();
  const again = await context.newPage();
  await again.goto(delivery.link);
  await expect(recorded(again)).toBeVisible();
  await expect.poll(async () => (await stack.delivery(delivery))?.taken_over).toBe(true);
});

test('newer feedback that came meanwhile is said; signed again, one’s own takes its place', async ({
  page,
  context,
  stack,
  watched,
}) => {
  watched.tolerate(CUT, /status of 422/);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 4);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await page.getByRole('button', { name: 'Show the code' }).click();
  const code = (await page.getByText(/^[A-Za-z0-9_-]{43}$/).textContent())?.trim() ?? '';
  await page.getByRole('button', { name: 'Change my feedback' }).click();
  await rate(page, 1);
  await context.setOffline(true);
  await submit(page).click();
  await expect(page.getByRole('heading', { name: 'Saved on this device' })).toBeVisible();
  // The recipient's other device, with the same code.
  await stack.feedback(delivery, { overall: 3, revision: 2 }, fromBase64Url(code) ?? undefined);
  await context.setOffline(false);
  await expect(page.getByRole('heading', { name: 'Not recorded' })).toBeVisible();
  await expect(page.getByText(/Newer feedback for this delivery arrived/)).toBeVisible();
  await axe(page);
  await page.getByRole('button', { name: 'Sign again' }).click();
  await expect(page.getByText(/revision 3\./)).toBeVisible();
});

test('what is remembered of the ledger gives way to what the service says at the next opening', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.route('**/v1/ledger', async (route) => {
    const answer = await route.fetch();
    const text = (await answer.text()).replaceAll(delivery.carrier.name, 'Renamed Couriers');
    await route.fulfill({ response: answer, body: text });
  });
  await page.goto(delivery.link);
  await expect(page.getByText(/brought by Renamed Couriers/)).toBeVisible();
  await page.unroute('**/v1/ledger');
  await page.reload();
  await expect(page.getByText(`brought by ${delivery.carrier.name}`)).toBeVisible();
});

test('two tabs change feedback at once: the second waits for the first, whose receipt stays', async ({
  page,
  context,
  stack,
  watched,
}) => {
  test.slow();
  watched.tolerate(/status of 503/);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 4);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  const second = await context.newPage();
  await second.goto(delivery.link);
  for (const tab of [page, second]) {
    await tab.getByRole('button', { name: 'Change my feedback' }).click();
    await rate(tab, tab === page ? 3 : 1);
  }
  // The first one’s stays accepted for as long as nobody hears that it is recorded.
  for (const path of ['**/v1/intents/**', '**/v1/deliveries/**', '**/v1/stream**'])
    await context.route(path, (route) => route.fulfill({ status: 503, json: {} }));
  const sent = posts(page);
  await submit(page).click();
  await expect(page.getByRole('heading', { name: 'Accepted', exact: true })).toBeVisible();
  await submit(second).click();
  await expect(second.getByText(/already on its way/)).toBeVisible();
  expect(sent).toHaveLength(1);
  await context.unroute('**/v1/intents/**');
  await context.unroute('**/v1/deliveries/**');
  await context.unroute('**/v1/stream**');
  // Looked for again after twice as long each time, at most after 36 s.
  await expect(page.getByText(/revision 2\./)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('3 of 5 stars: all right').first()).toBeAttached();
});

test('words leave the device once they are on record', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 4);
  await words(page).fill('Only for the shop.');
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  const kept = async (stores: string[]) =>
    page.evaluate(async (names) => {
      const opened = indexedDB.open('doorstep');
      await new Promise((done) => opened.addEventListener('success', done));
      const found = await Promise.all(
        names.map(async (name) => {
          const all = opened.result.transaction(name).objectStore(name).getAll();
          await new Promise((done) => all.addEventListener('success', done));
          return JSON.stringify(all.result);
        }),
      );
      opened.result.close();
      return found.join();
    }, stores);
  expect(await kept(['outgoing', 'drafts'])).not.toContain('Only for the shop.');
  expect(await kept(['seen'])).toContain('Only for the shop.');
  await page.getByRole('button', { name: 'Erase my comment' }).click();
  await page.getByRole('button', { name: 'Erase my words' }).click();
  await expect(page.getByText(/The comment was erased/)).toBeVisible();
  expect(await kept(['outgoing', 'drafts', 'seen'])).not.toContain('Only for the shop.');
});
