/** `<docs-page>`: the API's own description in Swagger UI, all of it served from here. */

import 'swagger-ui-dist/swagger-ui.css';
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import '../look/d-header.ts';
import './docs-page.css';

class DocsPage extends HTMLElement {
  connectedCallback(): void {
    // Swagger UI brings its own landmarks.
    const view = document.createElement('div');
    this.append(document.createElement('d-header'), view);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const theme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
    dark.addEventListener('change', theme);
    theme();
    // No validator: it would send the description to a site of others.
    SwaggerUI({ domNode: view, url: '/openapi.json', validatorUrl: null, deepLinking: true });
  }
}

customElements.define('docs-page', DocsPage);
