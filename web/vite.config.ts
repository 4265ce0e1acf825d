import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const root = import.meta.dirname ?? new URL('.', import.meta.url).pathname;

/** The pages. What is built is served by the API from its own package. */
export default defineConfig({
  root: resolve(root, 'pages'),
  publicDir: resolve(root, 'public'),
  base: '/',
  build: {
    outDir: resolve(root, '../api/pages/built'),
    emptyOutDir: true,
    target: 'es2022',
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
