/**
 * The tracking page's service worker, for `/t/` alone: keeps the page's own files, and sends what was signed when the
 * page is closed. Built by itself to `/sw.js`; checks no signature, so that it needs no curve.
 */

import { openDevice } from '../device/device.ts';
import { Bell, inTurn } from '../device/locks.ts';
import { Client } from '../service/client.ts';
import { asset, isAsset, keepShell, page } from './kept-shell.ts';
import { sendAll } from './sending.ts';
import { KEEP, SCOPE, SEND } from './worker-words.ts';

/** Of the Background Sync API; a promise that fails has the browser try again later. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

declare const self: ServiceWorkerGlobalScope;

self.addEventListener('install', () => void self.skipWaiting());

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

/**
 * The page tells which address it has, as only that gives the shell; its fragment stays out. One keeping after another: an
 * earlier build's would drop what a later one's has just brought.
 */
self.addEventListener('message', (event) => {
  if (event.data !== KEEP || !(event.source instanceof WindowClient)) return;
  const { pathname } = new URL(event.source.url);
  event.waitUntil(inTurn('shell', () => keepShell(pathname)));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate' && url.pathname.startsWith(SCOPE)) event.respondWith(page(request.url));
  else if (isAsset(url.pathname)) event.respondWith(asset(request));
});

self.addEventListener('sync', (event: Event) => {
  const sync = event as SyncEvent;
  if (sync.tag === SEND) sync.waitUntil(sendInBackground());
});

/** Throws where something has to be tried again. */
async function sendInBackground(): Promise<void> {
  const bell = new Bell();
  try {
    const device = await openDevice();
    const sent = await sendAll(device, new Client(), { turn: inTurn, after: (id) => bell.ring(id) });
    if (!sent || device.lack !== null) throw new Error('not everything went out');
  } finally {
    bell.close();
  }
}
