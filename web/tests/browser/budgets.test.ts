/** How much each page fetches before anybody does anything: script, gzipped, and everything. */

import { gzipSync } from 'node:zlib';
import type { Page, Response } from '@playwright/test';
import { expect, test } from './support/stack.ts';

interface Weight {
  readonly script: number;
  readonly everything: number;
  readonly requests: number;
}

/** Returns the bytes of a first view, each file gzipped here: what the server's own compression does is another matter. */
async function weigh(page: Page, url: string, ready: () => Promise<void>): Promise<Weight> {
  const responses: Response[] = [];
  // What the service worker fetches for later is not part of the first view.
  page.on('response', (response) => {
    if (response.request().serviceWorker() === null) responses.push(response);
  });
  await page.goto(url);
  await ready();
  let script = 0;
  let everything = 0;
  for (const response of responses) {
    const type = response.headers()['content-type'] ?? '';
    if (response.status() !== 200 || type.startsWith('text/event-stream')) continue;
    const bytes = gzipSync(await response.body()).length;
    everything += bytes;
    if (type.includes('javascript')) script += bytes;
  }
  return { script, everything, requests: responses.length };
}

const KB = 1000;

test('the tracking page comes in under 50 kB of script', async ({ page, stack }, info) => {
  const delivery = await stack.delivered();
  const seen = await weigh(page, delivery.link, () =>
    expect(page.getByRole('button', { name: /^Sign and send/ })).toBeVisible(),
  );
  info.annotations.push({ type: 'bytes', description: JSON.stringify(seen) });
  expect(seen.script).toBeGreaterThan(10 * KB);
  expect(seen.script).toBeLessThan(50 * KB);
  expect(seen.everything).toBeLessThan(70 * KB);
});

for (const [name, path, script, everything] of [
  ['dashboard', '/dashboard', 60, 75],
  ['explorer', '/explorer', 60, 85],
  ['shop-example', '/shop-example', 50, 65],
  ['docs', '/docs', 30, 60],
] as const)
  test(`${name} comes in under ${script} kB of script`, async ({ page, stack }, info) => {
    const seen = await weigh(page, `${stack.origin}${path}`, () =>
      expect(page.getByRole('heading', { level: 1 })).toBeVisible(),
    );
    info.annotations.push({ type: 'bytes', description: JSON.stringify(seen) });
    expect(seen.script).toBeGreaterThan(KB);
    expect(seen.script).toBeLessThan(script * KB);
    expect(seen.everything).toBeLessThan(everything * KB);
  });

test('the service worker carries no curve: under 8 kB', async ({ stack }) => {
  const answer = await fetch(`${stack.origin}/sw.js`);
  const bytes = gzipSync(Buffer.from(await answer.arrayBuffer())).length;
  expect(bytes).toBeGreaterThan(KB);
  expect(bytes).toBeLessThan(8 * KB);
});
