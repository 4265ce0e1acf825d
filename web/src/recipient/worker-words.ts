/** What the tracking page and its service worker say to each other. */

export const WORKER = '/sw.js';
/** The worker's scope; the address under which it keeps the shell. */
export const SCOPE = '/t/';
/** A page's message: keep the build that you were loaded from. */
export const KEEP = 'keep';
/** Tag of the browser's event: there is a line, send what waits. */
export const SEND = 'doorstep-send';
