/** A new build of the pages, served by another process of the real API: the page that the device keeps gives way to it. */

import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { shellKept } from './support/recipient.ts';
import { expect, test } from './support/stack.ts';
import { PYTHON, ROOT } from './support/up.ts';

const BUILT = join(ROOT, 'api/pages/built');

/** Returns a port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Serves the network's data with the pages of a directory, on an origin of its own. */
async function serve(data: string, pages: string): Promise<{ origin: string; stop(): Promise<void> }> {
  const port = await freePort();
  const ledger = join(pages, '..', 'ledger.json');
  const network = JSON.parse(await readFile(join(data, 'doorstep.json'), 'utf8')) as { deployment: object };
  await writeFile(ledger, JSON.stringify(network.deployment));
  const child = spawn(PYTHON, ['-m', 'scripts.main', 'api', '--port', String(port)], {
    cwd: ROOT,
    stdio: 'ignore',
    env: {
      ...process.env,
      DOORSTEP_DATABASE: `sqlite+aiosqlite:///${join(data, 'doorstep.db')}`,
      DOORSTEP_LEDGER: ledger,
      DOORSTEP_SEALING_KEY_FILE: join(data, 'keys', 'sealing'),
      DOORSTEP_PAGES: pages,
    },
  });
  const ended = new Promise((done) => child.once('exit', done));
  const origin = `http://127.0.0.1:${port}`;
  await expect
    .poll(
      () =>
        fetch(`${origin}/healthz`).then(
          (answer) => answer.ok,
          () => false,
        ),
      { timeout: 60_000 },
    )
    .toBe(true);
  return {
    origin,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Makes the copied build one that differs: its page loads a script that says which build it is. */
async function mark(pages: string, html: string, name: string): Promise<void> {
  const script = `/assets/mark-${name}.js`;
  await writeFile(join(pages, script), `document.documentElement.dataset.build = '${name}';\n`);
  const tag = `<script type="module" src="${script}"></script></head>`;
  await writeFile(join(pages, 'track.html'), html.replace('</head>', tag));
}

const build = (page: Page) => page.evaluate(() => document.documentElement.dataset.build);

const keptFiles = (page: Page) =>
  page.evaluate(async () =>
    (await (await caches.open('doorstep-shell')).keys()).map((one) => new URL(one.url).pathname),
  );

test('a new build shows at the next visit, then also without a line; what only the old one loaded goes', async ({
  page,
  context,
  stack,
  watched,
}) => {
  test.slow();
  const directory = await mkdtemp(join(tmpdir(), 'doorstep-builds-'));
  const pages = resolve(directory, 'pages');
  await cp(BUILT, pages, { recursive: true });
  for (const name of await readdir(pages)) if (/^track\.html\./.test(name)) await rm(join(pages, name));
  const html = await readFile(join(pages, 'track.html'), 'utf8');
  await mark(pages, html, 'OLDBUILD');
  const api = await serve(stack.data, pages);
  try {
    const delivery = await stack.delivered();
    watched.tolerate(/ERR_INTERNET_DISCONNECTED/, new RegExp(`^request elsewhere: ${api.origin}/`));
    const heading = page.getByRole('heading', { level: 1 });
    await page.goto(delivery.link.replace(stack.origin, api.origin));
    await expect(heading).toContainText('Delivered');
    await shellKept(page);
    expect(await keptFiles(page)).toContain('/assets/mark-OLDBUILD.js');

    await mark(pages, html, 'NEWBUILD');
    await page.reload();
    await expect(heading).toContainText('Delivered');
    expect(await build(page), 'with a line, the build of now').toBe('NEWBUILD');
    await expect.poll(() => keptFiles(page)).toContain('/assets/mark-NEWBUILD.js');
    await expect.poll(() => keptFiles(page)).not.toContain('/assets/mark-OLDBUILD.js');

    await context.setOffline(true);
    await page.reload();
    await expect(page.getByText(/You are offline/)).toBeVisible();
    await expect(heading).toContainText('Delivered');
    expect(await build(page), 'without a line too').toBe('NEWBUILD');
  } finally {
    await page.close();
    await api.stop();
    await rm(directory, { recursive: true, force: true });
  }
});
