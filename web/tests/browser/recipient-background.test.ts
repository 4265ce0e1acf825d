/** What was signed without a line goes out when the page is closed: the browser wakes the service worker. */

import type { BrowserContext, Page, Request } from '@playwright/test';
import { rate, recorded, submit, withoutBackgroundSync, words } from './support/recipient.ts';
import { axe, expect, fits, test } from './support/stack.ts';

const CUT = /ERR_INTERNET_DISCONNECTED|ERR_NETWORK|ERR_FAILED|Failed to fetch/;

/** The feedback that reaches the service, from pages and from the service worker. */
function posts(context: BrowserContext): Request[] {
  const seen: Request[] = [];
  context.on('requestfinished', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/v1/feedback')) seen.push(request);
  });
  return seen;
}

async function signOffline(page: Page, link: string, comment: string): Promise<void> {
  await page.goto(link);
  await rate(page, 4);
  await words(page).fill(comment);
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.context().setOffline(true);
  await submit(page).click();
  await expect(page.getByRole('heading', { name: 'Saved on this device' })).toBeVisible();
}

test('signed offline and closed, it goes out once when the line is back; opened again, it stands', async ({
  page,
  context,
  stack,
  watched,
}) => {
  watched.tolerate(CUT);
  const delivery = await stack.delivered();
  const sent = posts(context);
  await signOffline(page, delivery.link, 'Sent while I slept.');
  await expect(page.getByText(/you may close this page/)).toBeVisible();
  await axe(page);
  await fits(page, 320);
  await page.close();
  await context.setOffline(false);
  await stack.until(async () => (await stack.delivery(delivery))?.revision === 1, 'it is on record');
  expect(sent).toHaveLength(1);
  expect(sent[0]?.serviceWorker(), 'sent by the service worker').not.toBeNull();
  expect((await stack.delivery(delivery))?.taken_over).toBe(true);
  const again = await context.newPage();
  await again.goto(delivery.link);
  await expect(recorded(again)).toBeVisible();
  await expect(again.getByText('Sent while I slept.')).toBeVisible();
  expect((await stack.delivery(delivery))?.revision).toBe(1);
  expect(sent).toHaveLength(1);
});

test('an answer that the service worker does not get leaves it to be tried again; it is a duplicate then', async ({
  page,
  context,
  stack,
  watched,
}) => {
  watched.tolerate(CUT);
  const delivery = await stack.delivered();
  await signOffline(page, delivery.link, 'Said twice, heard once.');
  const other = await context.newPage();
  const browser = await backgroundSyncOf(other);
  const statuses: number[] = [];
  for (const path of ['**/v1/key-changes', '**/v1/feedback'])
    await context.route(path, async (route) => {
      const answer = await route.fetch();
      statuses.push(answer.status());
      if (statuses.length % 2 === 1) await route.abort();
      else await route.fulfill({ response: answer });
    });
  await page.close();
  await context.setOffline(false);
  await other.goto(`${stack.origin}/explorer`);
  await expect.poll(() => browser.heard).toContain('sync event failed');
  expect(statuses, 'the key change was taken, and the answer lost').toEqual([202]);
  // In the place of the browser's own next tries, minutes later: the feedback's answer is lost, then nothing is.
  await browser.wake(stack.origin);
  await expect.poll(() => statuses).toEqual([202, 200, 202]);
  await browser.wake(stack.origin);
  await expect.poll(() => statuses).toEqual([202, 200, 202, 200]);
  await stack.until(async () => (await stack.delivery(delivery))?.revision === 1, 'it is on record');
  await other.goto(delivery.link);
  await expect(recorded(other)).toBeVisible();
  expect((await stack.delivery(delivery))?.revision).toBe(1);
  expect(statuses).toHaveLength(4);
});

test('closed while it is being sent, the service worker goes on', async ({ page, context, stack }) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 5);
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  let asked = 0;
  await page.route('**/v1/feedback', () => {
    asked += 1; // Never answered.
  });
  await submit(page).click();
  await expect.poll(() => asked).toBe(1);
  await page.close();
  await stack.until(async () => (await stack.delivery(delivery))?.revision === 1, 'it is on record');
  const again = await context.newPage();
  await again.goto(delivery.link);
  await expect(recorded(again)).toBeVisible();
});

test('where the browser sends nothing by itself, the page does not say so', async ({
  page,
  context,
  stack,
  watched,
}) => {
  watched.tolerate(CUT);
  await withoutBackgroundSync(page);
  const delivery = await stack.delivered();
  await signOffline(page, delivery.link, 'Kept.');
  await expect(page.getByText(/and this page is open/)).toBeVisible();
  await context.setOffline(false);
  await expect(recorded(page)).toBeVisible();
});

/** What Chromium does about the sync event, and a way to have it fire. */
async function backgroundSyncOf(page: Page) {
  const cdp = await page.context().newCDPSession(page);
  const heard: string[] = [];
  let registrationId = '';
  cdp.on('BackgroundService.backgroundServiceEventReceived', ({ backgroundServiceEvent: event }) =>
    heard.push(event.eventName),
  );
  cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [registration] }) => {
    registrationId = registration?.registrationId ?? registrationId;
  });
  await cdp.send('BackgroundService.startObserving', { service: 'backgroundSync' });
  await cdp.send('BackgroundService.setRecording', { service: 'backgroundSync', shouldRecord: true });
  await cdp.send('ServiceWorker.enable');
  await expect.poll(() => registrationId).not.toBe('');
  return {
    heard,
    wake: (origin: string) =>
      cdp.send('ServiceWorker.dispatchSyncEvent', {
        origin,
        registrationId,
        tag: 'doorstep-send',
        lastChance: false,
      }),
  };
}
