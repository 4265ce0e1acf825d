/** The API's page: every operation is there, can be found, linked and called; it fits, and says what went wrong. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { type ApiDocument, type Operation, operationsOf } from '../../src/docs/document.ts';
import type { Network } from './support/network.ts';
import { axe, expect, fits, test } from './support/stack.ts';

const run = promisify(execFile);
const ALL = 'docs-operation';

async function described(stack: Network): Promise<Operation[]> {
  const answer = await fetch(`${stack.origin}/openapi.json`);
  return operationsOf((await answer.json()) as ApiDocument);
}

async function looksRight(page: Page): Promise<void> {
  for (const width of [320, 768, 1440]) await fits(page, width);
  await axe(page);
}

const partOf = (page: Page, id: string) => page.locator(`${ALL}[data-id="${id}"]`);
const lineOf = (page: Page, id: string) => partOf(page, id).locator('h3').getByRole('button');
const opened = (page: Page) => page.locator(`${ALL}[open]`);

/** Runs a command of the page as its reader would; returns the status and the body. */
async function called(command: string, env: Record<string, string> = {}, more = '') {
  const { stdout } = await run('bash', ['-c', `${command} -sS -w '\n%{http_code}' ${more}`], {
    env: { ...process.env, ...env },
  });
  const [status = '', ...lines] = stdout.split('\n').reverse();
  return { status: Number(status), body: lines.reverse().join('\n') };
}

async function commandOf(page: Page, stack: Network, id: string, label: string): Promise<string> {
  await page.goto(`${stack.origin}/docs#${id}`);
  const shown = partOf(page, id).locator('docs-code.command').filter({ hasText: label });
  return (await shown.locator('pre').textContent()) ?? '';
}

test('every operation of the description is listed, in the contents too, and the beginning looks right', async ({
  page,
  stack,
}) => {
  const operations = await described(stack);
  expect(operations.length).toBeGreaterThan(20);
  await page.goto(`${stack.origin}/docs`);
  await expect(page).toHaveTitle('API · Doorstep');
  await expect(page.getByRole('status')).toHaveText(`${operations.length} operations`);
  await expect(page.locator(ALL)).toHaveCount(operations.length);
  const links = page.getByRole('navigation', { name: 'Contents' }).locator('li a');
  expect(await links.evaluateAll((all) => all.map((one) => one.getAttribute('href')))).toEqual(
    expect.arrayContaining(operations.map((one) => `#${one.id}`)),
  );
  await expect(page.getByRole('link', { name: 'openapi.json' })).toHaveAttribute('href', '/openapi.json');
  await looksRight(page);
});

test('every operation opens with who may call it, a command, and each of its answers; one looks right', async ({
  page,
  stack,
}) => {
  await page.goto(`${stack.origin}/docs`);
  const operations = await described(stack);
  const lines = page.locator(`${ALL} h3 button`);
  await expect(lines).toHaveCount(operations.length);
  await lines.evaluateAll((all) => {
    for (const one of all as HTMLElement[]) one.click();
  });
  await expect(opened(page)).toHaveCount(operations.length);
  const seen = await page
    .locator(ALL)
    .evaluateAll((all) =>
      all.map(({ shadowRoot: root }) => [
        root?.querySelector('h3')?.textContent?.replace(/\s+/g, ' ').trim() ?? '',
        [...(root?.querySelectorAll('dt') ?? [])].map((one) => one.textContent).sort(),
        root?.querySelectorAll('docs-code.command').length ?? 0,
      ]),
    );
  const meant = operations.map(({ method, path, summary, responses, security }) => [
    `${method} ${path} ${summary}`,
    Object.keys(responses).sort(),
    security?.length ?? 1,
  ]);
  expect(seen.map(String).sort()).toEqual(meant.map(String).sort());
  await lines.evaluateAll((all) => {
    for (const one of all as HTMLElement[]) one.click();
  });
  await expect(opened(page)).toHaveCount(0);
  await lineOf(page, 'post-/v1/feedback').click();
  await page.getByText('Fields of POST /v1/feedback 202').click();
  await page
    .getByText(/fields of receipt$/)
    .filter({ visible: true })
    .first()
    .click();
  await expect(page.getByText('The feedback is on chain by then').filter({ visible: true })).toBeVisible();
  await looksRight(page);
});

test('an address opens its operation and gives it the focus, by path or operation id; back and forward follow', async ({
  page,
  stack,
}) => {
  const operations = await described(stack);
  const status = operations.find((one) => one.id === 'get-/v1/status') as Operation;
  await page.goto(`${stack.origin}/docs#post-/v1/feedback`);
  await expect(lineOf(page, 'post-/v1/feedback')).toBeFocused();
  await expect(opened(page)).toHaveCount(1);
  await expect(opened(page)).toBeInViewport();
  await page.goto(`${stack.origin}/docs#${status.operationId}`);
  await expect(lineOf(page, 'get-/v1/status')).toBeFocused();
  await page.getByRole('link', { name: 'GET One delivery' }).click();
  await expect(page).toHaveURL(`${stack.origin}/docs#get-/v1/deliveries/{delivery_id}`);
  const delivery = lineOf(page, 'get-/v1/deliveries/{delivery_id}');
  await expect(delivery).toBeFocused();
  await expect(page.getByRole('link', { name: 'GET One delivery' })).toHaveAttribute(
    'aria-current',
    'location',
  );
  await page.goBack();
  await expect(lineOf(page, 'get-/v1/status')).toBeFocused();
  await page.goForward();
  await expect(delivery).toBeFocused();
  await page.reload();
  await expect(delivery).toBeFocused();
});

test('a keyboard is enough: contents on a phone unfold, lead to an operation and fold again', async ({
  page,
  stack,
}) => {
  await page.setViewportSize({ width: 320, height: 800 });
  await page.goto(`${stack.origin}/docs`);
  const contents = page.getByRole('button', { name: 'Contents' });
  await expect(page.getByRole('link', { name: 'GET The record, live' })).toBeHidden();
  await contents.press('Enter');
  await expect(contents).toHaveAttribute('aria-expanded', 'true');
  await looksRight(page);
  await page.setViewportSize({ width: 320, height: 800 });
  await page.getByRole('link', { name: 'GET The record, live' }).press('Enter');
  const line = lineOf(page, 'get-/v1/stream');
  await expect(line).toBeFocused();
  await expect(contents).toHaveAttribute('aria-expanded', 'false');
  await line.press('Enter');
  await expect(line).toHaveAttribute('aria-expanded', 'false');
  await line.press('Enter');
  const code = page.getByRole('group', { name: /^Command of GET \/v1\/stream/ }).first();
  await code.focus();
  await expect(code).toBeFocused();
});

test('a search looks in paths, summaries and descriptions, says how many, and none', async ({
  page,
  stack,
}) => {
  await page.goto(`${stack.origin}/docs`);
  const search = page.getByRole('searchbox', { name: 'Search the operations' });
  await search.fill('key-changes');
  await expect(page.locator(ALL)).toHaveCount(1);
  await expect(page.getByRole('status')).toHaveText(/^1 of \d+ operations?$/);
  await search.fill('Server-sent cut rewound');
  await expect(page.locator(ALL)).toHaveCount(0);
  await search.fill('cursor ndjson record');
  await expect(page.getByRole('heading', { name: 'GET /v1/history' })).toBeVisible();
  await search.fill('submarine');
  await expect(page.getByText('No operation speaks of that')).toBeVisible();
  await looksRight(page);
  await page.getByRole('button', { name: 'Clear the search' }).click();
  await expect(search).toBeFocused();
  await expect(search).toHaveValue('');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

test('a link to what the search hides is followed all the same', async ({ page, stack }) => {
  await page.goto(`${stack.origin}/docs`);
  await page.getByRole('searchbox').fill('submarine');
  await page.goto(`${stack.origin}/docs#get-/v1/me`);
  await expect(lineOf(page, 'get-/v1/me')).toBeFocused();
  await page.getByRole('link', { name: 'Problems', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Problems', level: 2 })).toBeInViewport();
});

test('commands work as they stand: public ones, with a key, and a body', async ({ page, stack, context }) => {
  for (const id of [
    'get-/v1/ledger',
    'get-/healthz',
    'get-/v1/history',
    'get-/v1/drivers/{number}/reputation',
    'get-/v1/carriers/{number}/reputation',
  ]) {
    const { status, body } = await called(await commandOf(page, stack, id, 'Without a key'));
    expect(status, id).toBe(200);
    expect(Object.keys(JSON.parse(body)).length, id).toBeGreaterThan(0);
  }
  const me = await commandOf(page, stack, 'get-/v1/me', "With a member's API key");
  expect(await called(me, { KEY: stack.carrier.key })).toMatchObject({
    status: 200,
    body: expect.stringContaining(stack.carrier.name),
  });
  expect((await called(me, { KEY: 'wrong' })).status).toBe(401);

  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const feedback = await commandOf(page, stack, 'post-/v1/feedback', 'Without a key');
  await page.getByRole('button', { name: /^Copy: Command of POST \/v1\/feedback/ }).click();
  await expect(page.getByText('Copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(feedback);
  const { status, body } = await called(feedback);
  // The example is signed, well-formed, and of another ledger.
  expect(status).toBe(422);
  expect(JSON.parse(body)).toMatchObject({
    type: expect.stringMatching(/^urn:doorstep:problem:/),
    refusal: { code: 'unknown-delivery' },
  });
});

test('the stream’s command streams', async ({ page, stack }) => {
  const command = await commandOf(page, stack, 'get-/v1/stream', "With a member's API key");
  expect(command).toContain('curl -N ');
  const streaming = spawn('bash', ['-c', `exec ${command} -sS`], {
    env: { ...process.env, KEY: stack.carrier.key },
  });
  try {
    const [first] = (await once(streaming.stdout, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^event: ready\n/);
  } finally {
    streaming.kill();
  }
});

test('a description that cannot be read, or not now, is said, and asked for again', async ({
  page,
  stack,
  context,
  watched,
}) => {
  watched.tolerate(/503|ERR_INTERNET_DISCONNECTED|ERR_FAILED/);
  let answer = {
    status: 503,
    body: '{"detail":"The service rests."}',
    contentType: 'application/problem+json',
  };
  await page.route('**/openapi.json', (route) => route.fulfill(answer));
  await page.goto(`${stack.origin}/docs#get-/v1/me`);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText("The API's description cannot be read");
  await expect(alert).toContainText('The service rests.');
  await looksRight(page);
  answer = { status: 200, body: '{"swagger":"2.0"}', contentType: 'application/json' };
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(alert).toContainText('no description that this page knows');
  await page.unroute('**/openapi.json');
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText(/Can.t reach the service/)).toBeVisible();
  await looksRight(page);
  await context.setOffline(false);
  await expect(lineOf(page, 'get-/v1/me'), 'it comes by itself with the line').toBeFocused();
});

test('while it is read, the page says so', async ({ page, stack }) => {
  let go = () => {};
  const held = new Promise<void>((done) => {
    go = done;
  });
  await page.route('**/openapi.json', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${stack.origin}/docs`);
  await expect(page.getByText("Reading the API's description")).toBeVisible();
  await looksRight(page);
  go();
  await expect(page.locator(ALL).first()).toBeVisible();
});
