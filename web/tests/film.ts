/**
 * The film strip of a rating on a phone, from the link to 'recorded', and how long each step took. By hand:
 *
 *   LINK='http://127.0.0.1:8000/t/0x…#…' OUT=/tmp/film npx playwright test --config tests/film.config.ts
 *
 * The link is one of a delivery that is not rated yet, of a `doorstep up` that runs. Times are taken in the page, from
 * the tap to the frame that shows the heading; they are printed, and written to OUT/times.json.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';

test.use({
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
  locale: 'en-GB',
});

interface Times {
  tapped?: number;
  accepted?: number;
  recorded?: number;
}

test('from the link to recorded', async ({ page }) => {
  const { LINK: link, OUT: out } = process.env;
  if (link === undefined || out === undefined)
    throw new Error('LINK and OUT say which delivery, and where to');
  await mkdir(out, { recursive: true });
  let picture = 0;
  const shoot = async (name: string) => {
    await page.screenshot({ path: join(out, `${++picture}-${name}.png`) });
  };

  await page.goto(link);
  const stars = page.getByRole('radio', { name: /^4 of 5 stars/ }).first();
  await expect(stars).toBeAttached();
  const shown = await page.evaluate(() => performance.now());
  await shoot('opened');
  await stars.evaluate((one) => one.closest('label')?.scrollIntoView({ block: 'center' }));
  await stars.check({ force: true });
  await shoot('stars');
  const comment = page.getByRole('textbox', { name: /In your words/ });
  await comment.fill('Friendly, and rang the bell.');
  await comment.evaluate((one) => one.scrollIntoView({ block: 'center' }));
  await shoot('words');
  const send = page.getByRole('button', { name: /^Sign and send/ });
  await send.evaluate((one) => one.scrollIntoView({ block: 'center' }));
  await shoot('before-signing');

  await page.evaluate(() => {
    const times: Times = {};
    Object.assign(globalThis, { filmed: times });
    addEventListener('pointerup', () => {
      times.tapped ??= performance.now();
    });
    for (const step of ['accepted', 'recorded'] as const)
      addEventListener(`doorstep-${step}`, () => {
        requestAnimationFrame(() => {
          times[step] ??= performance.now();
        });
      });
  });
  await send.tap();
  await page.waitForFunction(
    () => (globalThis as unknown as { filmed: Times }).filmed.accepted !== undefined,
  );
  await shoot('accepted');
  await expect(page.getByRole('heading', { name: /^Recorded in block/ })).toBeVisible();
  await page.waitForFunction(
    () => (globalThis as unknown as { filmed: Times }).filmed.recorded !== undefined,
  );
  await shoot('recorded');

  const filmed = await page.evaluate(() => (globalThis as unknown as { filmed: Required<Times> }).filmed);
  const times = {
    link_to_form_ms: Math.round(shown),
    tap_to_accepted_ms: Math.round(filmed.accepted - filmed.tapped),
    tap_to_recorded_ms: Math.round(filmed.recorded - filmed.tapped),
  };
  await writeFile(join(out, 'times.json'), `${JSON.stringify(times, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(times)}\n`);
});
