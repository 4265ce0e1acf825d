/** The film strip, by hand: see `film.ts`. */

import { defineConfig } from '@playwright/test';
import shared from '../playwright.config.ts';

const browser = shared.projects?.find((one) => one.name === 'browser');

export default defineConfig({
  testDir: '.',
  testMatch: 'film.ts',
  workers: 1,
  timeout: 120_000,
  reporter: [['line']],
  use: browser?.use ?? {},
});
