import { resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { compress } from './build/compress.ts';
import { targets } from './build/targets.ts';

const root = import.meta.dirname;
const API = process.env.API ?? 'http://127.0.0.1:8000';

/** While developing (`API=http://127.0.0.1:8000 npx vite`): the paths that the API gives its pages. */
function pagePaths(): Plugin {
  return {
    name: 'page-paths',
    apply: 'serve',
    // A page at /explorer/drivers/3 must find its sources too.
    transformIndexHtml: (html) => html.replaceAll('"../src/', `"/@fs${root}/src/`),
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const page = /^\/(?:(t)\/0x|(dashboard|explorer|shop-example|docs)(?:[/?]|$))/.exec(
          request.url ?? '',
        );
        if (page !== null) request.url = `/${page[1] === 't' ? 'track' : page[2]}.html`;
        next();
      });
    },
  };
}

/** The pages. What is built is served by the API from its own package. */
export default defineConfig({
  root: resolve(root, 'pages'),
  publicDir: resolve(root, 'public'),
  base: '/',
  plugins: [pagePaths(), compress()],
  server: {
    host: '127.0.0.1',
    fs: { allow: [root] },
    proxy: { '/v1': API, '/openapi.json': API },
  },
  build: {
    outDir: resolve(root, '../api/pages/built'),
    emptyOutDir: true,
    ...targets,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      input: ['track', 'dashboard', 'explorer', 'shop-example', 'docs'].map((name) =>
        resolve(root, 'pages', `${name}.html`),
      ),
    },
  },
});
