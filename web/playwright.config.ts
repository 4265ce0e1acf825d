import { defineConfig } from '@playwright/test';

/** `unit` runs without a browser; `browser` against `doorstep up` in Chromium (CHROMIUM, by default Debian's). */
export default defineConfig({
  testDir: 'tests',
  ...(process.argv.some((one) => one === 'unit' || one === '--project=unit')
    ? {}
    : { globalSetup: './tests/browser/support/setup.ts' }),
  fullyParallel: true,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [['list']],
  projects: [
    { name: 'unit', testDir: 'tests/unit' },
    {
      name: 'browser',
      testDir: 'tests/browser',
      use: {
        launchOptions: {
          executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
          args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      },
    },
  ],
});
