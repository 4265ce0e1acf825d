/** What tests of the dashboard have in common. */

import type { Page } from '@playwright/test';
import type { Network, TestMember } from './network.ts';
import { expect } from './stack.ts';

/** Opens a page of the dashboard, and signs in there. */
export async function signIn(
  page: Page,
  { origin }: Network,
  member: Pick<TestMember, 'key'>,
  path = '/dashboard',
): Promise<void> {
  await page.goto(`${origin}${path}`);
  await page.getByLabel("Your member's key").fill(member.key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
}
