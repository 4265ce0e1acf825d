/** `<dash-sign-in>`: asks for a member's key, and has the service say whose it is. */

import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import { Client } from '../service/client.ts';
import type { Ledger, Member } from '../service/models.ts';
import { Problem, Unreachable } from '../service/problems.ts';
import type { Words } from '../words/words.ts';
import type { Ending } from './session.ts';
import { shared } from './styles.ts';

export interface SignedIn {
  readonly client: Client;
  readonly me: Member;
  readonly ledger: Ledger;
}

/** Properties: `words`, `why` (how the session before ended). Event `dash-signed-in` with SignedIn. */
@customElement('dash-sign-in')
export class DashSignIn extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property() why: Ending | null = null;
  @state() private busy = false;
  @state() private trouble = '';
  @query('#key') private readonly field!: HTMLInputElement;

  static override styles = [
    controls,
    shared,
    css`
      .card {
        display: grid;
        gap: var(--d-4);
        max-inline-size: 28rem;
        margin: var(--d-6) auto;
      }
      form {
        display: grid;
        gap: var(--d-3);
      }
    `,
  ];

  override render() {
    const t = this.words.t.bind(this.words);
    return html`<div class="card">
      <h1 tabindex="-1">${t('sign-in.title')}</h1>
      ${
        this.why === null
          ? nothing
          : html`<p class="note ${this.why === 'revoked' ? 'watch' : ''}" role="status">${t(`sign-in.${this.why}`)}</p>`
      }
      <p class="soft">${t('sign-in.what')}</p>
      <form @submit=${this.#submit}>
        <div class="field">
          <label for="key">${t('sign-in.key')}</label>
          <input
            id="key"
            name="key"
            type="password"
            autocomplete="current-password"
            autocapitalize="none"
            spellcheck="false"
            required
            aria-describedby="kept trouble"
            aria-invalid=${this.trouble === '' ? 'false' : 'true'}
            ?readonly=${this.busy}
          />
        </div>
        <p id="trouble" role="alert" class=${this.trouble === '' ? '' : 'note bad'}>${this.trouble}</p>
        <button class="primary" ?disabled=${this.busy}>${t(this.busy ? 'sign-in.busy' : 'sign-in.go')}</button>
      </form>
      <p id="kept" class="soft small">${t('sign-in.kept')}</p>
    </div>`;
  }

  #submit = async (event: Event) => {
    event.preventDefault();
    const key = this.field.value.trim();
    if (key === '' || this.busy) return;
    this.busy = true;
    this.trouble = '';
    try {
      // What no header can hold is no key: fetch would throw, and name it.
      if (!/^[\x21-\x7e]+$/.test(key)) throw new Problem(401, 'unauthorized', '', {}, null);
      const client = new Client('', { key });
      const me = await client.get<Member>('/v1/me');
      const ledger = await client.get<Ledger>('/v1/ledger');
      this.field.value = '';
      const detail: SignedIn = { client, me, ledger };
      this.dispatchEvent(new CustomEvent('dash-signed-in', { detail }));
    } catch (error) {
      this.trouble = this.#words(error);
      this.field.select();
      this.field.focus();
    } finally {
      this.busy = false;
    }
  };

  #words(error: unknown): string {
    if (error instanceof Problem && error.status === 401) return this.words.t('sign-in.wrong');
    if (error instanceof Unreachable) return this.words.t('sign-in.unreachable');
    if (error instanceof Problem) return this.words.t('state.failed.detail', { detail: error.detail });
    throw error;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-sign-in': DashSignIn;
  }
}
