/** `<explorer-page>`: the explorer. Its address decides what is shown; a member's key is kept in memory only. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import '../look/d-header.ts';
import '../look/d-sign-in.ts';
import '../look/d-state.ts';
import { Client } from '../service/client.ts';
import type { Ledger, Member } from '../service/models.ts';
import { named, withNames } from '../service/names.ts';
import { worthRetrying } from '../service/problems.ts';
import { catalogueOf, loadWords, type Words } from '../words/words.ts';
import { type Context, Loader, type Status, stateOf } from './context.ts';
import './explorer-block.ts';
import './explorer-delivery.ts';
import './explorer-driver.ts';
import './explorer-member.ts';
import './explorer-search.ts';
import './explorer-start.ts';
import { layout } from './explorer-styles.ts';
import './explorer-tx.ts';
import { shortHash } from './record/sentences.ts';
import { type Route, routeOf } from './routes.ts';

const MESSAGES = catalogueOf(import.meta.glob('./messages/*.json', { import: 'default' }));

@customElement('explorer-page')
export class ExplorerPage extends LitElement {
  @state() private words: Words | null = null;
  @state() private route: Route = routeOf(location.pathname);
  @state() private me: Member | null = null;
  @state() private secretDropped = false;
  readonly #facts = new Loader<Context>(this);
  #client = new Client();

  static override styles = [
    controls,
    layout,
    css`
      main {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--d-5);
        max-inline-size: 64rem;
        margin: 0 auto;
        padding: var(--d-5) var(--d-5) var(--d-7);
      }
      .account {
        display: flex;
        align-items: center;
        gap: var(--d-3);
      }
      .account span {
        min-inline-size: 0;
        max-inline-size: 28rem;
        margin-inline-end: auto;
        overflow: hidden;
        white-space: nowrap;
        text-overflow: ellipsis;
      }
      .account button {
        flex: none;
      }
      /* It takes the focus when the page changes, so that reading goes on there; it is nothing to operate. */
      main:focus-visible {
        outline: none;
      }
      @media (max-width: 30rem) {
        main {
          padding-inline: var(--d-4);
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#dropFragment();
    addEventListener('popstate', this.#back);
    this.addEventListener('click', this.#click);
    this.addEventListener('go', this.#go);
    void this.#begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('popstate', this.#back);
  }

  override render() {
    const { words } = this;
    if (words === null) return html`<d-header here="explorer"></d-header>`;
    const context = this.#facts.value;
    return html`<d-header here="explorer" ?keep=${this.me !== null}>${this.#account(words)}</d-header>
      <main tabindex="-1">
        ${
          context === null
            ? html`<h1 class="visually-hidden">${words.t('title')}</h1>
                ${stateOf(words, this.#facts.failure, () => void this.#load())}`
            : html`${this.route.view === 'start' ? nothing : this.#search(context)} ${this.#view(context)}`
        }
      </main>`;
  }

  #search(context: Context) {
    return html`<explorer-search .context=${context}></explorer-search>`;
  }

  #view(context: Context): TemplateResult {
    const { words } = context;
    const { route } = this;
    const dropped = this.secretDropped
      ? html`<p class="note">${words.t('search.secret-dropped')}</p>`
      : nothing;
    const open = context.ledger.public_record || this.me !== null;
    if (route.view === 'start')
      return html`<explorer-start .context=${context} ?open=${open}
        >${open ? this.#search(context) : this.#signIn(words)}</explorer-start
      >`;
    if (route.view === 'nowhere')
      return html`<h1>${words.t('nowhere.title')}</h1>
        <p>${words.t('nowhere.detail', { path: route.path })}</p>
        <p><a href="/explorer">${words.t('nowhere.back')}</a></p>`;
    if (!open)
      return html`<h1>${this.#what(words)}</h1>
        ${this.#signIn(words)}`;
    return html`${dropped} ${VIEWS[route.view](context, route as never)}`;
  }

  #signIn(words: Words) {
    return html`<d-sign-in
      heading=${words.t('sign-in.heading')}
      detail=${words.t('sign-in.detail')}
      label=${words.t('sign-in.label')}
      action=${words.t('sign-in.action')}
      under
      .enter=${this.#enter}
      .explain=${(error: unknown) => words.t(worthRetrying(error) ? 'sign-in.offline' : 'sign-in.refused')}
    ></d-sign-in>`;
  }

  #account(words: Words) {
    if (this.me === null) return nothing;
    const as = words.t('sign-in.as', { name: this.me.name });
    return html`<span class="account small"
      ><span class="soft" title=${as}>${as}</span
      ><button class="plain" @click=${this.#leave}>${words.t('sign-in.out')}</button></span
    >`;
  }

  async #begin(): Promise<void> {
    this.words = await loadWords(MESSAGES);
    document.documentElement.lang = this.words.language;
    this.#title();
    await this.#load();
  }

  #load(): Promise<void> {
    const words = this.words as Words;
    const client = this.#client;
    return this.#facts.run(async (signal) => {
      const [ledger, status] = await Promise.all([
        client.get<Ledger>('/v1/ledger', {}, signal),
        client.get<Status>('/v1/status', {}, signal),
      ]);
      return { client, words, ledger: withNames(ledger), status };
    });
  }

  #use(client: Client, me: Member | null): void {
    this.#client = client;
    this.me = me;
    const context = this.#facts.value;
    if (context !== null) this.#facts.value = { ...context, client };
    this.requestUpdate();
  }

  #enter = async (key: string) => {
    const client = this.#client.with({ key });
    this.#use(client, named(await client.get<Member>('/v1/me')));
    await this.#shown();
  };

  #leave = () => this.#use(this.#client.with({}), null);

  #click = (event: MouseEvent) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.composedPath().find((one) => one instanceof HTMLAnchorElement);
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin || link.target !== '') return;
    if (link.pathname !== '/explorer' && !link.pathname.startsWith('/explorer/')) return;
    event.preventDefault();
    this.#show(link.pathname);
  };

  #go = (event: Event) => this.#show((event as CustomEvent<string>).detail);

  #show(path: string): void {
    if (path !== location.pathname) history.pushState(null, '', path);
    this.secretDropped = false;
    this.route = routeOf(path);
    this.renderRoot.querySelector('explorer-search')?.clear();
    void this.#shown();
  }

  #back = () => {
    this.#dropFragment();
    this.route = routeOf(location.pathname);
    void this.#focused();
  };

  /** Moves the reader to the new page's beginning, as a document would. */
  async #shown(): Promise<void> {
    await this.#focused();
    scrollTo(0, 0);
  }

  async #focused(): Promise<void> {
    this.#title();
    await this.updateComplete;
    this.renderRoot.querySelector('main')?.focus({ preventScroll: true });
  }

  /** A tracking link's secret may follow an address that was made from one by hand. */
  #dropFragment(): void {
    if (location.hash.length < 2) return;
    history.replaceState(null, '', location.pathname);
    this.secretDropped = true;
  }

  /** What the address names, in words. */
  #what(words: Words): string {
    const { route } = this;
    if (route.view === 'start' || route.view === 'nowhere') return words.t('title');
    const what =
      'number' in route ? String(route.number) : shortHash(route.view === 'tx' ? route.hash : route.id);
    return words.t(`title.${route.view}`, { what });
  }

  #title(): void {
    const { words, route } = this;
    if (words === null) return;
    const what = route.view === 'start' || route.view === 'nowhere' ? '' : `${this.#what(words)} · `;
    document.title = `${what}${words.t('title')} · Doorstep`;
  }
}

type Shown = Exclude<Route['view'], 'start' | 'nowhere'>;
const VIEWS: {
  [view in Shown]: (context: Context, route: Extract<Route, { view: view }>) => TemplateResult;
} = {
  delivery: (context, route) =>
    html`<explorer-delivery .context=${context} delivery=${route.id}></explorer-delivery>`,
  driver: (context, route) =>
    html`<explorer-driver .context=${context} .number=${route.number}></explorer-driver>`,
  member: (context, route) =>
    html`<explorer-member .context=${context} .number=${route.number}></explorer-member>`,
  tx: (context, route) => html`<explorer-tx .context=${context} hash=${route.hash}></explorer-tx>`,
  block: (context, route) =>
    html`<explorer-block .context=${context} .number=${route.number}></explorer-block>`,
};

declare global {
  interface HTMLElementTagNameMap {
    'explorer-page': ExplorerPage;
  }
}
