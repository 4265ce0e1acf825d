/** The design's tokens for a component that stands alone on somebody else's page: the root's, on the host. */

import { type CSSResult, unsafeCSS } from 'lit';
import tokens from '../look/tokens.css?inline';

/** The scheme is the surrounding page's unless `theme` says `light`, `dark`, or `auto` for the reader's setting. */
export const hostTokens: CSSResult = unsafeCSS(
  `${tokens
    .replace(/:root\[data-theme=(["']?)(\w+)\1\]/g, ':host([theme="$2"])')
    .replaceAll(':root', ':host')
    .replace(/color-scheme:\s*light dark;?/, '')}
:host([theme="auto"]) { color-scheme: light dark; }`,
);
