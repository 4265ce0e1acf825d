/** `<dash-health>`: what keeps the service from recording, or from reading the record; nothing while it does both. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import type { Stop } from '../service/models.ts';
import type { Session } from './session.ts';

const EVERY_MS = 15_000;

interface Health {
  readonly writing: readonly Stop[];
  readonly reading: readonly Stop[];
}

/** Properties: `session`. Asks every 15 seconds while the page is in sight. */
@customElement('dash-health')
export class DashHealth extends LitElement {
  @property({ attribute: false }) session!: Session;
  @state() private health: Health = { writing: [], reading: [] };
  #timer: ReturnType<typeof setInterval> | undefined;

  static override styles = [
    controls,
    css`
      .all {
        display: grid;
        gap: var(--d-3);
        max-inline-size: 80rem;
        margin: 0 auto;
        padding: var(--d-4) var(--d-5) 0;
      }
      .all:empty {
        padding: 0;
      }
      .note {
        display: grid;
        gap: var(--d-2);
      }
      summary {
        min-block-size: var(--d-touch);
        align-content: center;
        cursor: pointer;
      }
      @media (max-width: 30rem) {
        .all {
          padding-inline: var(--d-4);
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#ask);
    this.#timer = setInterval(this.#ask, EVERY_MS);
    void this.#ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#ask);
    clearInterval(this.#timer);
  }

  override render() {
    return html`<div class="all" role="status">${this.#banner('writing', 'bad')}${this.#banner('reading', 'watch')}</div>`;
  }

  #banner(what: keyof Health, tone: string): TemplateResult | typeof nothing {
    const words = this.session.words;
    const stops = this.health[what];
    if (stops.length === 0) return nothing;
    return html`<div class="note ${tone}">
      <p><strong>${words.t(`health.${what}`)}</strong> ${words.t(`health.${what}.meaning`)}</p>
      <details>
        <summary>${words.t('health.why')}</summary>
        <ul>
          ${stops.map(
            (stop) => html`<li>
              ${stop.since === null ? nothing : words.t('health.since', { time: words.time(stop.since) })}
              ${stop.detail} ${stop.remedy}
            </li>`,
          )}
        </ul>
      </details>
    </div>`;
  }

  #ask = async (): Promise<void> => {
    if (document.hidden) return;
    try {
      this.health = await this.session.get<Health>('/v1/status');
    } catch {
      // That it cannot be asked is said where what shows could not be read again.
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-health': DashHealth;
  }
}
