import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { compress } from './build/compress.ts';
import { targets } from './build/targets.ts';

const root = import.meta.dirname;

/** `<doorstep-feedback>` for a shop's own page: one module at a lasting address, its parts beside it. */
export default defineConfig({
  root,
  base: './',
  publicDir: false,
  plugins: [compress()],
  build: {
    outDir: resolve(root, '../api/pages/built/embed'),
    emptyOutDir: true,
    ...targets,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: resolve(root, 'src/recipient/doorstep-feedback.ts'),
      preserveEntrySignatures: 'exports-only',
      output: {
        entryFileNames: 'doorstep-feedback.js',
        chunkFileNames: '[name]-[hash].js',
        assetFileNames: '[name]-[hash][extname]',
      },
    },
  },
});
