/*
 * Keeps the tracking page's own files on the device, so that it opens without a line.
 *
 * Only the page and its hashed assets are kept: what the service answers (/v1) is private and never touched here; the
 * page itself remembers what it last saw. A tracking link's secret is in the fragment, which no request carries.
 */

const SHELL = '/t/';
const CACHE = 'doorstep-shell';
const PATIENCE_MS = 4000;
/** What a built file names of its own kind: other chunks, styles. */
const NAMED = /[\w./-]*?([\w-]+-[\w-]{8}\.(?:js|css))(?!\w)/g;

self.addEventListener('install', () => {
  self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

/** The page tells which address it has, as only that gives the shell; its fragment stays out. */
self.addEventListener('message', (event) => {
  if (event.data === 'keep') event.waitUntil(keepShell(new URL(event.source.url).pathname));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate' && url.pathname.startsWith('/t/')) event.respondWith(page(event));
  else if (url.pathname.startsWith('/assets/') || url.pathname === '/favicon.svg')
    event.respondWith(asset(request));
});

/** The page of now where there is a line, else the one kept. */
async function page(event) {
  const cache = await caches.open(CACHE);
  const kept = await keptShell(cache);
  try {
    const signal = kept === undefined ? undefined : AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(event.request.url, { signal, credentials: 'same-origin' });
    if (kept === undefined) return response;
    if (!response.ok) return kept;
    await response.clone().arrayBuffer(); // A line that is cut in the middle of the answer counts as none.
    return response;
  } catch (error) {
    if (kept !== undefined) return kept;
    throw error;
  }
}

/** Read whole at once: a newer one may take its place in the cache while the browser still reads. */
async function keptShell(cache) {
  const kept = await cache.match(SHELL);
  return kept === undefined ? undefined : new Response(await kept.arrayBuffer(), kept);
}

/** Hashed names never change what they mean: what is kept is right. */
async function asset(request) {
  const kept = await caches.match(request, { ignoreVary: true });
  return kept ?? fetch(request);
}

/** Keeps the present page with every file that it may load; drops files of earlier builds. */
async function keepShell(path) {
  const response = await fetch(path, { cache: 'no-cache' });
  if (!response.ok) return;
  const cache = await caches.open(CACHE);
  const text = await response.clone().text();
  const wanted = new Set(['/favicon.svg']);
  const toRead = assetsIn(text);
  while (toRead.length > 0) {
    const name = toRead.pop();
    if (wanted.has(name)) continue;
    wanted.add(name);
    const file = (await cache.match(name, { ignoreVary: true })) ?? (await fetched(cache, name));
    if (file === null) return; // Not all of it can be had: the shell kept so far stays whole.
    if (name.endsWith('.js')) toRead.push(...assetsIn(await file.text()));
  }
  await fetched(cache, '/favicon.svg');
  const kept = await keptShell(cache);
  const policy = 'content-security-policy'; // The kept page holds to the policy it came with: a new one is a new page.
  const same = kept?.headers.get(policy) === response.headers.get(policy) && (await kept?.text()) === text;
  if (!same) await cache.put(SHELL, response);
  for (const old of await cache.keys()) {
    const { pathname } = new URL(old.url);
    if (pathname !== SHELL && !wanted.has(pathname)) await cache.delete(old);
  }
}

async function fetched(cache, name) {
  const response = await fetch(name);
  if (!response.ok) return null;
  await cache.put(name, response.clone());
  return response;
}

function assetsIn(text) {
  return [...text.matchAll(NAMED)].map((match) => `/assets/${match[1]}`);
}
