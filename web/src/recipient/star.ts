/** The drawn star. */

import { html } from 'lit';

export const STAR = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <path d="M12 2.6l2.9 6.1 6.6.9-4.8 4.6 1.2 6.6-5.9-3.2-5.9 3.2 1.2-6.6L2.5 9.6l6.6-.9z" />
</svg>`;
