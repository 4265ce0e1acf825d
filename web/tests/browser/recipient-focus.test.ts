/** The keyboard and the ear: the focus never falls to the page, and what happens is said once. */

import type { Page } from '@playwright/test';
import { rate, recorded, submit, words } from './support/recipient.ts';
import { expect, test } from './support/stack.ts';

/** Returns what has the focus: its element and its name, or the beginning of its text. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    let inner = document.activeElement;
    while (inner?.shadowRoot?.activeElement) inner = inner.shadowRoot.activeElement;
    const labelled = inner?.getAttribute('aria-labelledby');
    const label = labelled
      ? (inner?.getRootNode() as ShadowRoot).getElementById(labelled)?.textContent
      : (inner?.getAttribute('aria-label') ?? inner?.textContent);
    return `${inner?.localName} ${label?.trim().replaceAll(/\s+/g, ' ').slice(0, 80)}`;
  });
}

/** Presses a button as the keyboard does, with the focus on it. */
async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('button', { name }).focus();
  await page.keyboard.press('Enter');
}

const has = (page: Page, what: string | RegExp) => expect.poll(() => focused(page)).toMatch(what);

test('clearing an aspect leaves the focus in its stars; the first star says that more follows', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await expect(submit(page)).toBeVisible();
  const more = page.getByRole('status').filter({ hasText: 'More questions follow' });
  await expect(more).toHaveCount(0);
  await rate(page, 4);
  await expect(more).toHaveCount(1);
  const parcel = page.getByRole('group', { name: 'State of the parcel' });
  await parcel.getByRole('radio', { name: /^3 of 5/ }).check({ force: true });
  await press(page, 'Clear: State of the parcel');
  await expect(parcel.getByRole('radio', { name: /^1 of 5/ })).toBeFocused();
  await expect(parcel.getByRole('radio', { checked: true })).toHaveCount(0);
});

test('the button that shows the code stays, and hides it again', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 5);
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  const code = page.getByText(/^[A-Za-z0-9_-]{43}$/);
  await press(page, 'Show the code');
  await expect(code).toBeVisible();
  await has(page, /^button Hide the code/);
  await page.keyboard.press('Enter');
  await expect(code).toHaveCount(0);
  await has(page, /^button Show the code/);
});

test('the newest report differs from the others by more than colour', async ({ page, stack }) => {
  const delivery = await stack.delivered();
  await page.emulateMedia({ forcedColors: 'active', contrast: 'more' });
  await page.goto(delivery.link);
  const items = page.locator('report-timeline li');
  await expect(items).toHaveCount(3);
  const filled = (place: number) =>
    items.nth(place).evaluate((item) => {
      const { borderTopWidth, height } = getComputedStyle(item, '::before');
      return 2 * Number.parseFloat(borderTopWidth) >= Number.parseFloat(height);
    });
  expect([await filled(0), await filled(1), await filled(2)]).toEqual([true, false, false]);
  await expect(items.first()).toHaveAttribute('aria-current', 'true');
});

test('a delivery reported lost has its promise broken; one that went back says nothing of it', async ({
  page,
  stack,
}) => {
  const [driver = 0] = stack.carrier.drivers;
  const lost = await stack.open();
  await stack.report(lost, 'lost', driver);
  await page.goto(lost.link);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Reported lost');
  await expect(page.getByText('Promise broken', { exact: true })).toBeVisible();
  const back = await stack.open();
  await stack.report(back, 'returned', driver);
  await page.goto('about:blank');
  await page.goto(back.link);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Returned to the sender');
  await expect(page.getByText(/Within the promise|Promised by|Promise broken/)).toHaveCount(0);
});

test('the focus goes to the form that opens, back to where it was opened, and to what is asked', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 4);
  await words(page).fill('To be erased.');
  await press(page, /^Sign and send/);
  await expect(recorded(page)).toBeVisible();
  await has(page, /^h2 Recorded in block/);

  await press(page, 'Change my feedback');
  await has(page, 'h2 Change your feedback');
  await press(page, 'Cancel');
  await has(page, 'button Change my feedback');
  await press(page, 'Change my feedback');
  await words(page).fill('Begun.');
  await press(page, 'Cancel');
  await has(page, 'button Go on with the change');
  await press(page, 'Drop the change');
  await has(page, 'button Change my feedback');

  await press(page, 'Withdraw my rating');
  await has(page, 'div Your rating then counts no more.');
  await press(page, 'Cancel');
  await has(page, 'button Withdraw my rating');

  await press(page, 'Erase my comment');
  await has(page, 'div This erases your words in every revision');
  await press(page, 'Cancel');
  await has(page, 'button Erase my comment');
  await page.keyboard.press('Enter');
  await press(page, 'Erase my words');
  await has(page, 'p The comment was erased.');

  await press(page, 'Withdraw my rating');
  await press(page, 'Withdraw it');
  await has(page, /^h2 Withdrawn in block/);
});

test('erasing that fails leaves the question, and the focus in it', async ({ page, stack, watched }) => {
  watched.tolerate(/status of 503/);
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 4);
  await words(page).fill('To be erased.');
  await submit(page).click();
  await expect(recorded(page)).toBeVisible();
  await page.route('**/content', (route) => route.fulfill({ status: 503, json: {} }), { times: 1 });
  await press(page, 'Erase my comment');
  await press(page, 'Erase my words');
  await expect(page.getByRole('alert').filter({ hasText: 'Your comment was not erased' })).toBeVisible();
  await has(page, 'button Erase my words');
  await page.keyboard.press('Enter');
  await has(page, 'p The comment was erased.');
});

/** Notes all that status regions come to say, in whichever shadow root, from now on. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const said: string[] = [];
    let last = new Map<Element, string>();
    const look = () => {
      const now = new Map<Element, string>();
      const walk = (root: ParentNode) => {
        for (const one of root.querySelectorAll('*')) {
          if (one.getAttribute('role') === 'status') now.set(one, one.textContent?.trim() ?? '');
          if (one.shadowRoot) walk(one.shadowRoot);
        }
      };
      walk(document);
      for (const [region, text] of now) if (text !== '' && last.get(region) !== text) said.push(text);
      last = now;
      requestAnimationFrame(look);
    };
    Object.assign(globalThis, { said });
    look();
    said.length = 0;
  });
  return () => page.evaluate(() => (globalThis as unknown as { said: string[] }).said.splice(0));
}

test('what the focus is moved to is not said besides; what comes of it in place is said once', async ({
  page,
  stack,
}) => {
  const delivery = await stack.delivered();
  await page.goto(delivery.link);
  await rate(page, 4);
  // Held back until the focus has been seen on what is being sent.
  let go = () => {};
  const held = new Promise<void>((done) => {
    go = done;
  });
  await page.route('**/v1/feedback', async (route) => {
    await held;
    await route.continue();
  });
  const heard = await listen(page);
  await press(page, /^Sign and send/);
  await has(page, 'h2 Sending');
  expect(await heard()).toEqual([]);
  go();
  await expect(recorded(page)).toBeVisible();
  await has(page, /^h2 Recorded in block/);
  // Recorded may overtake accepted; that it is recorded was read with the heading.
  expect(['Accepted', '']).toContain((await heard()).join());

  await press(page, 'Withdraw my rating');
  await press(page, 'Withdraw it');
  // Whoever has moved on hears it, and in the words that stand there.
  await expect(page.getByRole('heading', { name: /^(Sending|Accepted)$/ })).toBeVisible();
  await page.getByRole('combobox', { name: 'Language' }).focus();
  await expect(page.getByRole('heading', { name: /^Withdrawn in block/ })).toBeVisible();
  expect((await heard()).at(-1)).toMatch(/^Withdrawn in block/);
});
