/** A shop's own few lines around `<doorstep-feedback>`: give it the link, hear its events. */

import { parseLink } from '../core/links.ts';

const EVENTS = [
  'doorstep-accepted',
  'doorstep-recorded',
  'doorstep-rejected',
  'doorstep-taken-over',
  'doorstep-error',
];

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as T;
}

const form = element<HTMLFormElement>('link-form');
const input = element<HTMLInputElement>('link');
const error = element('link-error');
const rating = element('rating');
const heard = element<HTMLOListElement>('events');

element('snippet').textContent = [
  `<script type="module" src="${location.origin}/embed/doorstep-feedback.js"></script>`,
  '<doorstep-feedback link="https://…/t/0x…#…" lang="pt"></doorstep-feedback>',
].join('\n');
element('policy').textContent = `script-src ${location.origin}; connect-src ${location.origin}`;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  show(input.value.trim());
});

function show(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || parseLink(url.pathname, url.hash) === null) {
    error.textContent = 'This is no tracking link: it looks like https://…/t/0x…#… and must be whole.';
    rating.hidden = true;
    return;
  }
  error.textContent = '';
  const feedback = document.createElement('doorstep-feedback');
  feedback.setAttribute('link', text);
  for (const name of EVENTS) feedback.addEventListener(name, hear);
  rating.querySelector('doorstep-feedback')?.remove();
  rating.append(feedback);
  rating.hidden = false;
}

function hear(event: Event): void {
  const line = document.createElement('li');
  const detail: unknown = (event as CustomEvent<unknown>).detail;
  line.textContent = `${event.type} ${JSON.stringify(detail, (_key, value: unknown) => (value instanceof Error ? value.message : value))}`;
  heard.append(line);
}
