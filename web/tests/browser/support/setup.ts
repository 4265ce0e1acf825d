/** Brings one network up for all browser tests, and ends it after them. */

import { openShop } from './shop.ts';
import { up } from './up.ts';

export default async function setup(): Promise<() => Promise<void>> {
  if (process.env.DOORSTEP_ORIGIN !== undefined) return async () => {}; // one that is up already
  const shop = await openShop();
  const running = await up('--sample', 'demo', '--public', '--shop-origin', shop.origin);
  shop.serve(running.origin);
  process.env.DOORSTEP_ORIGIN = running.origin;
  process.env.DOORSTEP_DATA = running.data;
  process.env.DOORSTEP_PID = String(running.pid);
  process.env.DOORSTEP_SHOP = shop.origin;
  return async () => {
    await shop.stop();
    await running.stop();
  };
}
