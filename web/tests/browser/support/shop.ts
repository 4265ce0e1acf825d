/** A shop's own site, on an origin of its own, with a content-security policy as strict as it can be. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Shop {
  readonly origin: string;
  /** Says where the component comes from, once that is known. */
  serve(doorstep: string): void;
  stop(): Promise<void>;
}

/** Starts it on a free port. `/?lang=de` sets the component's language, the page's script its link from the fragment. */
export async function openShop(): Promise<Shop> {
  let doorstep = '';
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://shop');
    if (url.pathname === '/shop.js') {
      response.setHeader('content-type', 'text/javascript');
      response.end(SCRIPT);
      return;
    }
    if (url.pathname !== '/') {
      response.statusCode = url.pathname === '/favicon.ico' ? 204 : 404;
      response.end();
      return;
    }
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader(
      'content-security-policy',
      `default-src 'none'; script-src 'self' ${doorstep}; connect-src ${doorstep}; ` +
        `base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types lit-html doorstep`,
    );
    response.end(page(doorstep, url.searchParams.get('lang') === 'de' ? 'de' : 'en'));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve(origin) {
      doorstep = origin;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const SCRIPT = `
const feedback = document.createElement('doorstep-feedback');
feedback.setAttribute('link', location.hash.slice(1));
feedback.setAttribute('lang', document.documentElement.lang);
const heard = document.querySelector('#heard');
for (const name of ['accepted', 'recorded', 'rejected', 'taken-over', 'error'])
  document.addEventListener('doorstep-' + name, (event) => {
    heard.textContent += event.type + ' ' + JSON.stringify(event.detail) + '\\n';
  });
document.querySelector('main').append(feedback);
`;

function page(doorstep: string, lang: string): string {
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Shop</title>
<script type="module" src="${doorstep}/embed/doorstep-feedback.js"></script>
<script type="module" src="/shop.js"></script></head>
<body><main><h1>Your order</h1><p id="heard"></p></main></body></html>`;
}
