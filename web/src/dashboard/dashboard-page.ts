/** `<dashboard-page>`: a member's own page: who is signed in, where one is, and the view that belongs there. */

import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import '../look/d-header.ts';
import '../look/d-sign-in.ts';
import '../look/d-state.ts';
import { controls } from '../look/controls.ts';
import { Client } from '../service/client.ts';
import type { FeedbackEntry, Ledger, Member } from '../service/models.ts';
import { named, withNames } from '../service/names.ts';
import { Problem } from '../service/problems.ts';
import { catalogueOf, loadWords, type Words } from '../words/words.ts';
import './dash-deliveries.ts';
import './dash-delivery.ts';
import './dash-driver.ts';
import './dash-drivers.ts';
import './dash-health.ts';
import './dash-inbox.ts';
import { Live } from './live.ts';
import { type Going, link, linkTo, type Place, placeOf, type View } from './routes.ts';
import { type Ending, Session } from './session.ts';
import { shared } from './styles.ts';

const CATALOGUE = catalogueOf(import.meta.glob('./messages/*.json', { import: 'default' }));

@customElement('dashboard-page')
export class DashboardPage extends LitElement {
  @state() private words: Words | null = null;
  @state() private session: Session | null = null;
  @state() private live: Live | null = null;
  @state() private ended: Ending | null = null;
  @state() private announced = '';
  @state() private place: Place = placeOf(location.pathname, location.search);
  @query('main') private readonly main!: HTMLElement | null;
  #focusNext = false;
  /** The place that was left by the browser's way back (or forward). */
  #backFrom: Place | null = null;

  static override styles = [
    controls,
    shared,
    css`
      .who {
        display: flex;
        align-items: center;
        gap: var(--d-2) var(--d-3);
      }
      .who button {
        flex: none;
      }
      .who span {
        min-inline-size: 0;
        max-inline-size: 28rem;
        margin-inline-end: auto;
        overflow: hidden;
        white-space: nowrap;
        text-overflow: ellipsis;
      }
      .bar-row {
        background: var(--d-surface);
        border-block-end: 1px solid var(--d-line);
      }
      .tabs {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0 var(--d-5);
        max-inline-size: 80rem;
        margin: 0 auto;
        padding: 0 var(--d-5);
      }
      .tabs nav {
        display: flex;
        gap: 0 var(--d-5);
      }
      .count {
        padding: 0 0.5em;
        border-radius: 99px;
        background: var(--d-note);
        color: var(--d-surface);
        font-size: var(--d-text-s);
        font-weight: 700;
      }
      .live {
        display: inline-flex;
        align-items: center;
        gap: var(--d-2);
        padding-block: var(--d-1);
        color: var(--d-ink-soft);
        font-size: var(--d-text-s);
      }
      .live::before {
        content: '';
        inline-size: 0.6rem;
        block-size: 0.6rem;
        border-radius: 50%;
        border: 2px solid var(--d-line-strong);
      }
      .live.live-on::before {
        border-color: var(--d-good);
        background: var(--d-good);
      }
      .tabs a {
        display: inline-flex;
        align-items: center;
        gap: var(--d-2);
        min-block-size: var(--d-touch);
        color: var(--d-ink-soft);
        text-decoration: none;
        border-block-end: 2px solid transparent;
      }
      .tabs a[aria-current] {
        color: var(--d-ink);
        font-weight: 600;
        border-color: var(--d-accent);
      }
      main {
        max-inline-size: 80rem;
        margin: 0 auto;
        padding: var(--d-5);
      }
      @media (max-width: 30rem) {
        main,
        .tabs {
          padding-inline: var(--d-4);
        }
        .tabs,
        .tabs nav {
          column-gap: var(--d-4);
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    history.scrollRestoration = 'manual';
    addEventListener('popstate', this.#moved);
    this.addEventListener('dash-go', this.#goes);
    this.addEventListener('click', this.#clicked);
    void loadWords(CATALOGUE).then((words) => {
      this.words = words;
      document.documentElement.lang = words.language;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('popstate', this.#moved);
    this.removeEventListener('dash-go', this.#goes);
    this.removeEventListener('click', this.#clicked);
    this.session?.end('left');
  }

  override render() {
    if (this.words === null) return nothing;
    return html`<d-header here="dashboard" ?keep=${this.session !== null}>${this.#who()}</d-header>
      ${
        this.session === null
          ? nothing
          : html`${this.#tabs()}<dash-health .session=${this.session}></dash-health>`
      }
      <main>
        ${this.session === null ? this.#signIn(this.words) : this.#view(this.session, this.live as Live)}
      </main>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('place') || changed.has('session') || changed.has('words')) this.#title();
    if (!this.#focusNext) return;
    this.#focusNext = false;
    void this.#focusHeading();
  }

  #signIn(words: Words) {
    const note = this.ended === 'revoked' ? 'note watch' : 'note';
    return html`<d-sign-in
      heading=${words.t('sign-in.title')}
      detail=${words.t('sign-in.what')}
      label=${words.t('sign-in.key')}
      action=${words.t('sign-in.go')}
      kept=${words.t('sign-in.kept')}
      .enter=${this.#enter}
      .explain=${(error: unknown) => whyNot(words, error)}
      >${this.ended === null ? nothing : html`<p class=${note} role="status">${words.t(`sign-in.${this.ended}`)}</p>`}</d-sign-in
    >`;
  }

  #who() {
    if (this.session === null || this.words === null) return nothing;
    const name = this.session.nameOf(this.session.me.member);
    return html`<div class="who">
      <span title=${name}>${name}</span>
      <button class="plain" @click=${() => this.session?.end('left')}>${this.words.t('sign-out')}</button>
    </div>`;
  }

  #tabs() {
    const t = (this.words as Words).t.bind(this.words);
    const views: readonly View[] = [this.place.view];
    const tab = (view: 'drivers' | 'deliveries' | 'inbox', one: View, more: unknown = nothing) =>
      html`<a href=${link(view)} aria-current=${views.includes(view) || views.includes(one) ? 'page' : nothing}
        >${t(`tab.${view}`)}${more}</a
      >`;
    return html`<div class="bar-row">
      <div class="tabs">
        <nav aria-label=${t('tabs')}>
          ${tab('drivers', 'driver')} ${tab('deliveries', 'delivery')} ${tab('inbox', 'inbox', this.#count())}
        </nav>
        ${this.#line(t)}
      </div>
      <p class="visually-hidden" aria-live="polite">${this.announced}</p>
    </div>`;
  }

  /** While it connects for the first time only the dot shows: words that come and go would move the page. */
  #line(t: Words['t']) {
    const state = this.live?.state ?? 'connecting';
    const silent = state === 'connecting' ? 'visually-hidden' : '';
    return html`<span class="live ${state === 'live' ? 'live-on' : ''}" role="status"
      ><span class=${silent}>${t(`live.${state}`)}</span></span
    >`;
  }

  #count() {
    const count = this.live?.unseen ?? 0;
    if (count === 0 || this.words === null) return nothing;
    return html`<span class="count"
      >${this.words.number(count)}${this.live?.hasMore && count === this.live.inbox.length ? '+' : ''}<span
        class="visually-hidden"
      >
        ${this.words.t('inbox.count')}</span
      ></span
    >`;
  }

  #view(session: Session, live: Live) {
    switch (this.place.view) {
      case 'drivers':
        return html`<dash-drivers .session=${session} .live=${live} .place=${this.place}></dash-drivers>`;
      case 'driver':
        return html`<dash-driver .session=${session} .live=${live} .place=${this.place}></dash-driver>`;
      case 'deliveries':
        return html`<dash-deliveries .session=${session} .live=${live} .place=${this.place}></dash-deliveries>`;
      case 'delivery':
        return html`<dash-delivery .session=${session} .live=${live} .place=${this.place}></dash-delivery>`;
      case 'inbox':
        return html`<dash-inbox .session=${session} .live=${live} .place=${this.place}></dash-inbox>`;
      default:
        return html`<section class="stack">
          <h1 tabindex="-1">${session.words.t('state.no-such-page')}</h1>
          <p><a class="touch" href="/dashboard">${session.words.t('state.home')}</a></p>
        </section>`;
    }
  }

  #enter = async (key: string) => {
    const client = new Client('', { key });
    const me = named(await client.get<Member>('/v1/me'));
    const [ledger, { indexed_block }] = await Promise.all([
      client.get<Ledger>('/v1/ledger'),
      client.get<{ indexed_block: number | null }>('/v1/status'),
    ]);
    this.ended = null;
    this.session = new Session(client, me, withNames(ledger), this.words as Words, (why) => {
      this.session = null;
      this.live = null;
      this.announced = '';
      this.ended = why;
      this.#focusNext = true;
    });
    this.live = this.#livened(new Live(this.session, indexed_block));
    this.live.start();
    this.place = this.#here();
    this.#focusNext = true;
  };

  #livened(live: Live): Live {
    live.addEventListener('state', () => this.requestUpdate());
    live.addEventListener('inbox', () => {
      this.requestUpdate();
      this.#title();
    });
    live.addEventListener('serious', (event) => {
      const { driver } = (event as CustomEvent<FeedbackEntry>).detail;
      this.announced = (this.words as Words).t('inbox.announce', {
        count: live.unseen,
        driver: driver === 0 ? '—' : String(driver),
      });
    });
    return live;
  }

  #here(): Place {
    const home = this.session?.is('carrier') || this.session?.is('reviewer') ? 'drivers' : 'deliveries';
    return placeOf(location.pathname, location.search, home);
  }

  #moved = (event?: Event) => {
    const before = this.place;
    this.place = this.#here();
    this.#focusNext =
      before.view !== this.place.view ||
      before.driver !== this.place.driver ||
      before.delivery !== this.place.delivery;
    this.#backFrom = event?.type === 'popstate' ? before : null;
  };

  #goes = (event: Event) => {
    const { href, replace } = (event as CustomEvent<Going>).detail;
    if (href !== location.pathname + location.search) this.#goTo(href, replace);
  };

  #goTo(href: string, replace: boolean): void {
    if (replace) history.replaceState(history.state, '', href);
    else {
      // Where one was on this page, for the way back.
      history.replaceState({ y: scrollY }, '');
      history.pushState(null, '', href);
    }
    this.#moved();
  }

  /** Links within the dashboard change the view, not the document: with the document the key would go. */
  #clicked = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
      return;
    const anchor = event.composedPath().find((one) => one instanceof HTMLAnchorElement);
    if (!(anchor instanceof HTMLAnchorElement) || anchor.target !== '' || this.session === null) return;
    const url = new URL(anchor.href);
    if (url.origin !== location.origin || !/^\/dashboard(\/|$)/.test(url.pathname)) return;
    event.preventDefault();
    const isSame = url.pathname === location.pathname;
    this.#goTo(url.pathname + url.search, isSame && url.search === location.search);
    if (!isSame) scrollTo(0, 0);
  };

  #title(): void {
    if (this.words === null) return;
    const view = this.session === null ? 'sign-in' : this.place.view;
    const one = this.place.driver ?? this.place.delivery?.slice(0, 10) ?? '';
    const unseen = this.live?.unseen ?? 0;
    const count = unseen === 0 ? '' : `(${this.words.number(unseen)}) `;
    document.title = `${count}${this.words.t(`title.${view}`, { one: String(one) })} · Doorstep`;
  }

  /** The heading of where one is now; on the way back, the link by which one left, where one left it. */
  async #focusHeading(): Promise<void> {
    const from = this.#backFrom;
    const view = this.main?.firstElementChild;
    if (view instanceof LitElement) await view.updateComplete;
    const root = view?.shadowRoot ?? view;
    const one = from?.driver ?? from?.delivery;
    const link = one === undefined ? null : root?.querySelector<HTMLElement>(linkTo(one));
    (link ?? root?.querySelector<HTMLElement>('h1'))?.focus({ preventScroll: from !== null });
    if (from !== null) scrollTo(0, Number((history.state as { y?: number } | null)?.y) || 0);
  }
}

function whyNot(words: Words, error: unknown): string {
  if (error instanceof Problem && error.status === 401) return words.t('sign-in.wrong');
  if (error instanceof Problem && !error.retryable)
    return words.t('state.failed.detail', { detail: error.detail });
  return words.t('sign-in.unreachable');
}

declare global {
  interface HTMLElementTagNameMap {
    'dashboard-page': DashboardPage;
  }
}
