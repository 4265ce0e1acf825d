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
  // CI's machine may be busy with others' work. A second try tells what fails now and then from what is broken: both are
  // printed, and the first is a fault to mend, too.
  retries: process.env.CI ? 1 : 0,
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
