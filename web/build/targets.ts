import type { BuildOptions } from 'vite';

/** Browsers that know `light-dark()`: for others it is rewritten to follow the system's scheme, whatever the page's is. */
export const targets: BuildOptions = {
  target: 'es2022',
  cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
};
