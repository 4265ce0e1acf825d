/** Keeping the page's own files on the device, so that it opens without a line: see `public/sw.js`. */

const WORKER = '/sw.js';
const SCOPE = '/t/';

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
    active?.postMessage('keep');
  } catch {
    // Not allowed here (a private window, a setting): the page works, but only with a line.
  }
}
