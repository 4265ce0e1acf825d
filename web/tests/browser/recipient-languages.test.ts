/** The page in every language it has, on a narrow phone. */

import { axe, expect, fits, test } from './support/stack.ts';

const LANGUAGES = {
  en: ['en-GB', 'How was your delivery?', 'English'],
  pt: ['pt-PT', 'Como correu a entrega?', 'Português'],
  'pt-BR': ['pt-BR', 'Como foi a entrega?', 'Português (Brasil)'],
  de: ['de-DE', 'Wie war die Lieferung?', 'Deutsch'],
  zh: ['zh-CN', '这次配送怎么样？', '中文'],
} as const;

for (const [tag, [locale, question]] of Object.entries(LANGUAGES))
  test.describe(tag, () => {
    test.use({ locale, timezoneId: 'Europe/Lisbon' });

    test(`a reader of ${locale} gets the page in their language, all of it`, async ({ page, stack }) => {
      const delivery = await stack.open();
      await stack.report(delivery, 'attempted', delivery.carrier.drivers[0]);
      await stack.report(delivery, 'delivered', delivery.carrier.drivers[1]);
      await page.goto(delivery.link);
      await expect(page.getByRole('heading', { name: question })).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.lang)).toBe(tag);
      await page.locator('star-rating:not([small]) input[value="1"]').check({ force: true });
      await axe(page);
      await fits(page, 320);
      const text = (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ');
      // A key shown as it is, or a place that nothing was filled into.
      expect(text).not.toMatch(/\b(form|status|ask|issue|about|promise|timeline)\.[a-z]|\{\w+\}/);
    });
  });

test('a language chosen on the page is kept', async ({ page, stack }) => {
  const delivery = await stack.open();
  await page.goto(delivery.link);
  await page.getByRole('combobox', { name: 'Language' }).selectOption({ label: LANGUAGES.de[2] });
  await expect(page.getByRole('heading', { name: 'Noch zu früh für eine Bewertung' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Noch zu früh für eine Bewertung' })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('de');
});
