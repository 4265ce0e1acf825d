/** Writes `.br` and `.gz` beside each built file that they make smaller, for the API to serve as they are. */

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const TEXT = /\.(?:js|css|html|svg|json)$/;
const WAYS = { br: promisify(brotliCompress), gz: promisify(gzip) } as const;

/** Of the files whose paths match: several builds may share a directory. */
export function compress(which: RegExp = TEXT): Plugin {
  let directory = '';
  return {
    name: 'compress',
    apply: 'build',
    configResolved(config) {
      directory = config.build.outDir;
    },
    async closeBundle() {
      for (const file of await readdir(directory, { recursive: true })) {
        if (!which.test(file)) continue;
        const path = join(directory, file);
        const plain = await readFile(path);
        for (const [ending, way] of Object.entries(WAYS)) {
          const small = await way(plain);
          if (small.length < plain.length) await writeFile(`${path}.${ending}`, small);
        }
      }
    },
  };
}
