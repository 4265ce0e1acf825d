/** A service that fails, or cannot record now: feedback is kept, sent again, and nothing is called refused. */

import type { Page } from '@playwright/test';
import { rate, recorded, submit, withoutBackgroundSync, words } from './support/recipient.ts';
import { axe, expect, fits, test } from './support/stack.ts';

const kept = (page: Page) => page.getByRole('heading', { name: 'Saved on this device' });

function problem(status: number, kind: string) {
  return { status, json: { type: `urn:doorstep:problem:${kind}`, title: kind, status, detail: 'no' } };
}

for (const [name, answer, says] of [
  ['cannot record now', problem(503, 'relay-stopped'), /cannot record feedback at the moment/],
  ['fails', problem(500, 'internal'), /has a problem at the moment/],
  [
    'is not reached by its proxy',
    { status: 502, body: '<html>Bad Gateway</html>' },
    /has a problem at the moment/,
  ],
] as const)
  test(`a service that ${name} refuses nothing: kept, told, sent again`, async ({ page, stack, watched }) => {
    watched.tolerate(/status of 50/);
    const delivery = await stack.delivered();
    await withoutBackgroundSync(page); // What the service worker sends is not routed here.
    await page.goto(delivery.link);
    await page.route('**/v1/feedback', (route) => route.fulfill(answer));
    await rate(page, 2);
    await words(page).fill('Kept until it is taken.');
    await submit(page).click();
    await expect(kept(page)).toBeVisible();
    await expect(page.getByText(says)).toBeVisible();
    await expect(page.getByText(/Not recorded/)).toHaveCount(0);
    await axe(page);
    await fits(page, 320);
    await page.reload();
    await expect(kept(page)).toBeVisible();
    await expect(page.getByText('Kept until it is taken.')).toBeVisible();
    await page.unroute('**/v1/feedback');
    await expect(recorded(page)).toBeVisible();
    expect((await stack.delivery(delivery))?.revision).toBe(1);
  });

test('a delivery that cannot be read for a 500 is looked for again, and found', async ({
  page,
  stack,
  watched,
}) => {
  watched.tolerate(/status of 500/);
  const delivery = await stack.delivered();
  await page.route('**/v1/deliveries/**', (route) => route.fulfill(problem(500, 'internal')));
  await page.goto(delivery.link);
  await expect(page.getByText(/Can.t reach the service/)).toBeVisible();
  await page.unroute('**/v1/deliveries/**');
  await expect(submit(page)).toBeVisible();
});

test('a member’s key is not called wrong where it could not be checked', async ({ page, stack, watched }) => {
  watched.tolerate(/status of 500/);
  await page.route('**/v1/**', (route) => route.fulfill(problem(500, 'internal')));
  await page.goto(`${stack.origin}/dashboard`);
  await page.getByLabel("Your member's key").fill(stack.carrier.key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('your key was not the problem');
});
