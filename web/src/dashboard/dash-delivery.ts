/** `<dash-delivery>`: one delivery: state, promise, what was recorded, and what its recipient said. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../look/d-copy.ts';
import './dash-entries.ts';
import './dash-feedback.ts';
import { controls } from '../look/controls.ts';
import { isWithdrawn } from '../service/feedback.ts';
import type { Delivery, DeliveryEntry, FeedbackEntry } from '../service/models.ts';
import { voices } from './issues.ts';
import type { Live } from './live.ts';
import { Load } from './load.ts';
import { link, type Place } from './routes.ts';
import { feedbackOf, isSerious } from './serious.ts';
import type { Session } from './session.ts';
import { shared } from './styles.ts';

/** Properties: `session`, `place` (of a delivery), `live`. */
@customElement('dash-delivery')
export class DashDelivery extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) place!: Place;
  @property({ attribute: false }) live!: Live;
  readonly #delivery = new Load<{ delivery: Delivery; entries: DeliveryEntry[] }>(this, async (signal) => {
    const path = `/v1/deliveries/${this.place.delivery}`;
    const [delivery, history] = await Promise.all([
      this.session.get<Delivery>(path, {}, signal),
      this.session.get<{ entries: DeliveryEntry[] }>(`${path}/history`, {}, signal),
    ]);
    return { delivery, entries: history.entries };
  });

  static override styles = [
    controls,
    shared,
    css`
      dl {
        display: grid;
        grid-template-columns: 10rem minmax(0, 1fr);
        align-items: baseline;
        gap: var(--d-2) var(--d-4);
        margin-block-end: var(--d-2);
      }
      @media (max-width: 30rem) {
        dl {
          grid-template-columns: minmax(0, 1fr);
          gap: 0;
        }
        dd {
          margin-block-end: var(--d-3);
        }
      }
      dt {
        color: var(--d-ink-soft);
      }
      .two {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr));
        gap: var(--d-5);
      }
      .two > * {
        min-inline-size: 0;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.live.addEventListener('changed', this.#changed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.live.removeEventListener('changed', this.#changed);
  }

  override willUpdate(): void {
    this.#delivery.want(String(this.place.delivery));
  }

  override render() {
    const words = this.session.words;
    const found = this.#delivery.value;
    return html`<div class="stack">
      <div>
        <a class="touch" href=${link('deliveries')}>${words.t('delivery.all')}</a>
        <h1 tabindex="-1">
          ${found === null ? words.t('delivery.title') : words.t(`outcome.${found.delivery.outcome ?? 'opened'}`)}
        </h1>
      </div>
      ${
        found === null
          ? this.#delivery.instead(words, words.t('delivery.title'))
          : html`<div class="two">${this.#facts(found.delivery)} ${this.#timeline(found.entries)}</div>
              ${this.#feedback(found.entries)}`
      }
    </div>`;
  }

  #facts(one: Delivery): TemplateResult {
    const words = this.session.words;
    const t = words.t.bind(words);
    const drivers = [...one.was_drivers, ...(one.driver === 0 ? [] : [one.driver])];
    return html`<section class="card" aria-labelledby="facts">
      <h2 id="facts">${t('delivery.title')}</h2>
      <dl>
        <dt>${t('delivery.id')}</dt>
        <dd>
          <d-copy
            value=${one.delivery_id}
            short
            label=${t('copy')}
            copied=${t('copied')}
            name=${t('delivery.id')}
          ></d-copy>
        </dd>
        ${one.waybill === null ? nothing : html`<dt>${t('delivery.waybill')}</dt><dd><bdi class="foreign">${one.waybill}</bdi></dd>`}
        <dt>${t('deliveries.promised')}</dt>
        <dd>${words.time(one.promised_by)}</dd>
        <dt>${t('deliveries.opened')}</dt>
        <dd>${words.time(one.opened_at)}</dd>
        <dt>${t('delivery.shipper')}</dt>
        <dd>${this.session.nameOf(one.shipper)}</dd>
        <dt>${t('delivery.carrier')}</dt>
        <dd>${this.session.nameOf(one.carrier)}</dd>
        <dt>${t('column.driver')}</dt>
        <dd>
          ${
            drivers.length === 0
              ? t('driver.nobody')
              : drivers.map(
                  (number) =>
                    html`<a class="touch" href=${link('drivers', number)}
                        >${t('driver.number', { number: String(number) })}</a
                      > `,
                )
          }
        </dd>
        <dt>${t('delivery.taken-over')}</dt>
        <dd>${t(one.taken_over ? 'yes' : 'not-yet')}</dd>
      </dl>
      <p>
        <a class="touch" target="_blank" href=${`/explorer/deliveries/${one.delivery_id}`}>${t('explorer')}</a>
      </p>
    </section>`;
  }

  #timeline(entries: readonly DeliveryEntry[]): TemplateResult {
    return html`<section class="card" aria-labelledby="timeline">
      <h2 id="timeline">${this.session.words.t('delivery.timeline')}</h2>
      <dash-entries .session=${this.session} .entries=${entries}></dash-entries>
    </section>`;
  }

  #feedback(entries: readonly DeliveryEntry[]): TemplateResult {
    const words = this.session.words;
    const given = voices(entries.flatMap((one) => asFeedback(one)));
    return html`<section class="card" aria-labelledby="said">
      <h2 id="said">${words.t('delivery.said')}</h2>
      ${
        given.length === 0
          ? html`<p class="soft">${words.t('delivery.said.nothing')}</p>`
          : html`<dash-feedback .session=${this.session} .voices=${given} with-driver></dash-feedback>`
      }
    </section>`;
  }

  #changed = () => void this.#delivery.renew();
}

function asFeedback(entry: DeliveryEntry): FeedbackEntry[] {
  const item = feedbackOf(entry);
  if (item === null) return [];
  return [{ ...entry, serious: isSerious(item), superseded: false, withdrawn: isWithdrawn(item) }];
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-delivery': DashDelivery;
  }
}
