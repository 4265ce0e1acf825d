/**
 * The tracking page's own files, kept on the device by the service worker, so that the page opens without a line.
 *
 * Only the page and its hashed assets are kept: what the service answers (/v1) is private and never touched here; the
 * page itself remembers what it last saw. A tracking link's secret is in the fragment, which no request carries.
 */

import { SCOPE } from './worker-words.ts';

const CACHE = 'doorstep-shell';
const ICON = '/favicon.svg';
const POLICY = 'content-security-policy';
const PATIENCE_MS = 4000;
/** What a built file names of its own kind: other chunks, styles. */
const NAMED = /[\w./-]*?([\w-]+-[\w-]{8}\.(?:js|css))(?!\w)/g;

/** Returns the page of now where there is a line, else the one kept. */
export async function page(url: string): Promise<Response> {
  const kept = await keptPage(await caches.open(CACHE));
  try {
    const signal = kept === undefined ? null : AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, { signal, credentials: 'same-origin' });
    if (kept === undefined) return response;
    // Read whole here: a line that is cut in the middle of the answer, or our patience ending, counts as none.
    return response.ok ? new Response(await response.arrayBuffer(), response) : kept;
  } catch (error) {
    if (kept !== undefined) return kept;
    throw error;
  }
}

/** Returns a file that the page loads. Hashed names never change what they mean: what is kept is right. */
export async function asset(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

export function isAsset(path: string): boolean {
  return path.startsWith('/assets/') || path === ICON;
}

/** Keeps the present page, read at `path`, with every file that it may load; drops files of earlier builds. */
export async function keepShell(path: string): Promise<void> {
  const response = await fetch(path, { cache: 'no-cache' });
  if (!response.ok) return;
  const cache = await caches.open(CACHE);
  const text = await response.clone().text();
  const wanted = await keepAssets(cache, assetsIn(text));
  if (wanted === null) return; // Not all of it can be had: the shell kept so far stays whole.
  await fetched(cache, ICON);
  const kept = await keptPage(cache);
  // The kept page holds to the policy it came with: a new one is a new page.
  const same = kept?.headers.get(POLICY) === response.headers.get(POLICY) && (await kept?.text()) === text;
  if (!same) await cache.put(SCOPE, response);
  for (const old of await cache.keys()) {
    const { pathname } = new URL(old.url);
    if (pathname !== SCOPE && !wanted.has(pathname)) await cache.delete(old);
  }
}

/** Read whole at once: a newer one may take its place in the cache while it is read, and is then read instead. */
async function keptPage(cache: Cache): Promise<Response | undefined> {
  for (let tries = 0; tries < 2; tries++) {
    const kept = await cache.match(SCOPE);
    if (kept === undefined) return undefined;
    const body = await kept.arrayBuffer().catch(() => null);
    if (body !== null) return new Response(body, kept);
  }
  return undefined;
}

/** Keeps these files and all that they name in turn; returns their paths, or null where one cannot be had. */
async function keepAssets(cache: Cache, first: readonly string[]): Promise<Set<string> | null> {
  const wanted = new Set([ICON]);
  const toRead = [...first];
  for (let name = toRead.pop(); name !== undefined; name = toRead.pop()) {
    if (wanted.has(name)) continue;
    wanted.add(name);
    const file = (await cache.match(name, { ignoreVary: true })) ?? (await fetched(cache, name));
    if (file === null) return null;
    if (name.endsWith('.js')) toRead.push(...assetsIn(await file.text()));
  }
  return wanted;
}

async function fetched(cache: Cache, name: string): Promise<Response | null> {
  const response = await fetch(name);
  if (!response.ok) return null;
  await cache.put(name, response.clone());
  return response;
}

function assetsIn(text: string): string[] {
  return [...text.matchAll(NAMED)].map((match) => `/assets/${match[1]}`);
}
