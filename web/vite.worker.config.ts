import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { compress } from './build/compress.ts';
import { targets } from './build/targets.ts';

const root = import.meta.dirname;

/** The tracking page's service worker: one file at a lasting address, a plain script that every browser takes. */
export default defineConfig({
  root,
  publicDir: false,
  plugins: [compress(/^sw\.js$/)],
  build: {
    outDir: resolve(root, '../api/pages/built'),
    emptyOutDir: false,
    ...targets,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: resolve(root, 'src/recipient/service-worker.ts'),
      output: { format: 'iife', entryFileNames: 'sw.js' },
    },
  },
});
