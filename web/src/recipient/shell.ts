/** The page's side of its service worker: see `service-worker.ts`. */

import { KEEP, SCOPE, SEND, WORKER } from './worker-words.ts';

interface Policies {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

/** Registers the service worker and has it keep this build; without one, the page needs a line to open. */
export async function keepShell(): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
  const policy = policies?.createPolicy('doorstep', {
    createScriptURL: (url) => (url === WORKER ? url : ''),
  });
  try {
    await navigator.serviceWorker.register(policy?.createScriptURL(WORKER) ?? WORKER, { scope: SCOPE });
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage(KEEP);
  } catch {
    // Not allowed here (a private window, a setting): the page works, but only with a line.
  }
}

/** Of the Background Sync API. */
interface Syncing extends ServiceWorkerRegistration {
  readonly sync?: { register(tag: string): Promise<void> };
}

/**
 * Has the browser send what waits as soon as there is a line, this page open or not; false where it does not do such
 * things. Never comes back where there is no service worker and none is to come.
 */
export async function sendWhenClosed(): Promise<boolean> {
  if (!('serviceWorker' in navigator)) return false;
  const { sync }: Syncing = await navigator.serviceWorker.ready;
  if (sync === undefined) return false;
  try {
    await sync.register(SEND);
    return true;
  } catch {
    return false; // The reader's setting.
  }
}
