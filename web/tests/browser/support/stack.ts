/**
 * Fixtures of the browser tests: one real network for all, and a page that is watched.
 *
 * A page fails its test on any request that leaves the origin, any error in its console, and any breach of the
 * content-security policy, unless the test says with `tolerate` which one it brings about itself.
 */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test';
import type Axe from 'axe-core';
import { Network } from './network.ts';

export { expect } from '@playwright/test';

export interface Watched {
  /** Lets messages that match pass: for tests that cut the line or send what is refused. */
  tolerate(...patterns: RegExp[]): void;
}

export const test = base.extend<{ watched: Watched }, { stack: Network }>({
  stack: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from its parameters.
    async ({}, use) => {
      const { DOORSTEP_ORIGIN: origin, DOORSTEP_DATA: data } = process.env;
      if (origin === undefined || data === undefined) throw new Error('the global set-up did not run');
      await use(await Network.of(origin, data));
    },
    { scope: 'worker' },
  ],
  watched: [
    async ({ context, stack }, use) => {
      const tolerated: RegExp[] = [];
      const seen = watch(context, [stack.origin, process.env.DOORSTEP_SHOP ?? stack.origin]);
      await use({ tolerate: (...patterns) => void tolerated.push(...patterns) });
      const faults = seen.filter((fault) => !tolerated.some((pattern) => pattern.test(fault)));
      expect(faults, 'requests elsewhere, console errors, breaches of the policy').toEqual([]);
    },
    { auto: true },
  ],
});

function watch(context: BrowserContext, origins: readonly string[]): string[] {
  const seen: string[] = [];
  context.on('request', (request) => {
    const url = request.url();
    if (![...origins.map((origin) => `${origin}/`), 'data:', 'blob:'].some((one) => url.startsWith(one)))
      seen.push(`request elsewhere: ${url}`);
    if (url.includes('#')) seen.push(`a fragment went out: ${url}`);
  });
  const listen = (page: Page) => {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        seen.push(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => seen.push(`page error: ${error.message}`));
  };
  context.on('page', listen);
  for (const page of context.pages()) listen(page);
  return seen;
}

const AXE = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Asserts that axe finds nothing in the page as it is, in the light and in the dark theme. */
export async function axe(page: Page): Promise<void> {
  // Evaluated over the debugger: the page's own policy stays in force.
  await page.evaluate(await AXE);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const found = await page.evaluate(async (rules) => {
      const { violations } = await (globalThis as unknown as { axe: typeof Axe }).axe.run(document, {
        runOnly: rules,
      });
      return violations.map((one) => ({
        rule: one.id,
        impact: one.impact,
        where: one.nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`),
      }));
    }, RULES);
    expect(found, `axe, ${colorScheme}`).toEqual([]);
  }
}

/** Asserts that nothing makes the page wider than the window. */
export async function fits(page: Page, width: number, height = 800): Promise<void> {
  await page.setViewportSize({ width, height });
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(wide, `scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
}
