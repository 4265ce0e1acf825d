/** `<track-page>`: what became of a parcel, live, and the recipient's say about it. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { parseLink } from '../core/links.ts';
import { openDevice } from '../device/device.ts';
import { controls } from '../look/controls.ts';
import '../look/d-state.ts';
import type { Words } from '../words/words.ts';
import './delivery-status.ts';
import './doorstep-feedback.ts';
import { nameOf, revisions, type Snapshot, shipperOf, viewOf } from './flow.ts';
import { KeepFocus } from './focus.ts';
import './keep-access.ts';
import { languageNames, wordsFor } from './languages.ts';
import './past-feedback.ts';
import './privacy-note.ts';
import './report-timeline.ts';
import { situationOf } from './situation.ts';
import { Visit } from './visit.ts';

const TICK_MS = 30_000;
const CHOSEN = 'doorstep-language';

@customElement('track-page')
export class TrackPage extends LitElement {
  @state() private words: Words | null = null;
  @state() private visit: Visit | null = null;
  @state() private seen: Snapshot | null = null;
  @state() private time = Date.now();
  #tick: ReturnType<typeof setInterval> | undefined;

  // The languages' list is as wide as the one chosen, not as the longest.
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        grid-template: auto 1fr auto / minmax(0, 1fr);
        min-block-size: 100dvh;
      }
      header,
      main,
      footer {
        inline-size: 100%;
        max-inline-size: 42rem;
        margin: 0 auto;
        padding-inline: var(--d-4);
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--d-4);
        padding-block: var(--d-4);
      }
      .from {
        display: flex;
        align-items: center;
        gap: var(--d-2);
        font-weight: 700;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      .from svg {
        flex: none;
        inline-size: 1.5rem;
        color: var(--d-accent);
      }
      header select {
        field-sizing: content;
        flex: none;
        inline-size: auto;
        max-inline-size: 60%;
      }
      main {
        display: grid;
        align-content: start;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--d-5);
        padding-block-end: var(--d-6);
      }
      .column {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        align-content: start;
        gap: var(--d-5);
      }
      @media (min-width: 64rem) {
        header,
        main,
        footer {
          max-inline-size: 68rem;
        }
        main.wide {
          grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
        }
        .wide > .note,
        .wide > delivery-status {
          grid-column: 1 / -1;
        }
      }
      footer {
        padding-block: var(--d-4) var(--d-6);
        color: var(--d-ink-soft);
        font-size: var(--d-text-s);
      }
    `,
  ];

  constructor() {
    super();
    new KeepFocus(this, () => ['heading']);
  }

  override connectedCallback() {
    super.connectedCallback();
    void this.#speak(remembered());
    this.#look();
    window.addEventListener('hashchange', this.#look);
    this.#tick = setInterval(() => {
      this.time = Date.now();
    }, TICK_MS);
    void import('./shell.ts').then(({ keepShell }) => keepShell());
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    window.removeEventListener('hashchange', this.#look);
    clearInterval(this.#tick);
    this.visit?.close();
  }

  override render() {
    const { words, seen } = this;
    if (words === null) return html`<d-state kind="loading"></d-state>`;
    const shop =
      this.visit === null ? null : nameOf(seen?.ledger ?? null, shipperOf(this.visit.link.deliveryId));
    return html`<header>
        <div class="from">
          <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">
            <path d="M5 21V9l7-6 7 6v12" />
            <path d="M3 21h18M10 21v-7h4v7" /></svg
          ><span>${shop ?? 'Doorstep'}</span>
        </div>
        <select aria-label=${words.t('page.language')} @change=${this.#choose}>
          ${languageNames().map(
            ([tag, name]) =>
              html`<option value=${tag} lang=${tag} ?selected=${tag === words.language}>${name}</option>`,
          )}
        </select>
      </header>
      <main class=${seen?.delivery ? 'wide' : ''}>${keyed(this.visit, this.#main(words, seen, shop))}</main>
      <footer ?hidden=${seen !== null && viewOf(seen, this.time) === 'loading'}><p>${words.t('page.footer')}</p></footer>`;
  }

  #main(words: Words, seen: Snapshot | null, shop: string | null) {
    if (this.visit === null || seen === null)
      return html`<h1 class="visually-hidden">${words.t('page.title')}</h1>
        <div class="card">
          <d-state
            kind="error"
            heading=${words.t('state.wrong-link.heading')}
            detail=${words.t('state.wrong-link.text')}
          ></d-state>
        </div>`;
    const { delivery, ledger } = seen;
    const feedback = html`<doorstep-feedback
      .visit=${this.visit}
      .words=${words}
      lang=${words.language}
    ></doorstep-feedback>`;
    if (delivery === null || ledger === null)
      return html`<h1 class="visually-hidden">${words.t('page.title')}</h1>
        ${feedback}`;
    const carrier = nameOf(ledger, delivery.carrier) ?? '';
    const readable = viewOf(seen, this.time) !== 'taken-over' || seen.obstacle === null;
    return html`${this.#line(words, seen)}
      ${
        readable
          ? html`<delivery-status
              class="card"
              .words=${words}
              .delivery=${delivery}
              .situation=${situationOf(delivery, seen.entries, this.time)}
              .shop=${shop ?? ''}
              .carrier=${carrier}
            ></delivery-status>`
          : html`<h1 class="visually-hidden">${words.t('page.title')}</h1>`
      }
      <div class="column">
        ${feedback}
        ${
          readable && revisions(seen.entries).length > 1
            ? html`<past-feedback class="card" .words=${words} .seen=${seen}></past-feedback>`
            : nothing
        }
      </div>
      ${
        readable
          ? html`<div class="column">
              <report-timeline class="card" .words=${words} .seen=${seen} .carrier=${carrier}></report-timeline>
              <privacy-note class="card" .words=${words}></privacy-note>
              ${
                seen.possession === null
                  ? nothing
                  : html`<keep-access
                      class="card"
                      .words=${words}
                      .seed=${seen.possession.seed}
                    ></keep-access>`
              }
            </div>`
          : nothing
      }`;
  }

  #line(words: Words, seen: Snapshot) {
    if (seen.online && !seen.stale) return html`<div role="status" class="visually-hidden"></div>`;
    const time = seen.readAt === null ? '' : words.time(seen.readAt);
    return html`<div role="status" class="note watch">
      ${words.t(seen.online ? 'page.stale' : 'page.offline', { time })}
    </div>`;
  }

  #look = () => {
    this.visit?.close();
    const link = parseLink(location.pathname, location.hash);
    this.visit = link === null ? null : new Visit(link, '', openDevice(), sendWhenClosed);
    this.seen = this.visit?.now ?? null;
    this.visit?.addEventListener('change', () => {
      this.seen = this.visit?.now ?? null;
      this.time = Date.now();
    });
    void this.visit?.open();
  };

  #choose = (event: Event) => {
    const tag = (event.target as HTMLSelectElement).value;
    remember(tag);
    void this.#speak(tag);
  };

  async #speak(tag: string | null) {
    const words = await wordsFor(tag);
    this.words = words;
    document.documentElement.lang = words.language;
    document.title = words.t('page.title');
  }
}

async function sendWhenClosed(): Promise<boolean> {
  const { sendWhenClosed } = await import('./shell.ts');
  return sendWhenClosed();
}

function remembered(): string | null {
  try {
    return localStorage.getItem(CHOSEN);
  } catch {
    return null; // The browser keeps nothing for this page.
  }
}

function remember(tag: string) {
  try {
    localStorage.setItem(CHOSEN, tag);
  } catch {
    // Then it is asked again next time.
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'track-page': TrackPage;
  }
}
