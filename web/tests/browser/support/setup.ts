/** Brings one network up for all browser tests, and ends it after them. */

import { up } from './up.ts';

export default async function setup(): Promise<() => Promise<void>> {
  if (process.env.DOORSTEP_ORIGIN !== undefined) return async () => {}; // one that is up already
  const running = await up('--sample', 'demo', '--public');
  process.env.DOORSTEP_ORIGIN = running.origin;
  process.env.DOORSTEP_DATA = running.data;
  process.env.DOORSTEP_PID = String(running.pid);
  return () => running.stop();
}
