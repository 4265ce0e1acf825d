/**
 * A stream keeps a connection for itself, and over HTTP/1.1 a browser keeps six to a host, over all its tabs: so streams
 * take turns at three of them, and rest while nobody looks.
 */

const LINES = ['doorstep line 1', 'doorstep line 2', 'doorstep line 3'];

/**
 * Runs `work` while holding one of this browser's lines, and passes on what it throws. Where none is free, says so once by
 * `queued` and waits; returns without having run when `signal` aborts first. Without Web Locks: runs at once.
 */
export async function withLine(
  signal: AbortSignal,
  work: () => Promise<void>,
  queued: () => void,
): Promise<void> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (locks === undefined) return work();
  let ran = false;
  for (const line of LINES) {
    await locks.request(line, { ifAvailable: true }, async (lock) => {
      if (lock === null || signal.aborted) return;
      ran = true;
      await work();
    });
    if (ran || signal.aborted) return;
  }
  queued();
  await firstFree(locks, signal, work);
}

/** Waits for all lines and takes the first that comes free. */
async function firstFree(locks: LockManager, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  const found = new AbortController();
  const either = AbortSignal.any([signal, found.signal]);
  let ran: Promise<void> | null = null;
  const waits = LINES.map((line) =>
    locks.request(line, { signal: either }, async () => {
      if (ran !== null || signal.aborted) return;
      ran = work();
      // No more than its wait is over for the others; a lock that is held already stays.
      found.abort();
      await ran;
    }),
  );
  await Promise.allSettled(waits);
  await ran;
}

/** Aborts once the page has been out of sight for `milliseconds`; `done` ends the watching. */
export function outOfSight(milliseconds: number): { readonly signal: AbortSignal; done(): void } {
  const gone = new AbortController();
  const page = globalThis.document as Document | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (page?.hidden && Number.isFinite(milliseconds)) timer = setTimeout(() => gone.abort(), milliseconds);
  };
  look();
  page?.addEventListener('visibilitychange', look);
  return {
    signal: gone.signal,
    done() {
      clearTimeout(timer);
      page?.removeEventListener('visibilitychange', look);
    },
  };
}

/** Waits until the page is in sight, or `signal` aborts. */
export async function inSight(signal: AbortSignal): Promise<void> {
  const page = globalThis.document as Document | undefined;
  if (page === undefined) return;
  await new Promise<void>((resolve) => {
    const look = () => {
      if (page.hidden && !signal.aborted) return;
      page.removeEventListener('visibilitychange', look);
      signal.removeEventListener('abort', look);
      resolve();
    };
    page.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', look);
    look();
  });
}
