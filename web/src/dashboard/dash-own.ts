/** `<dash-own>`: the member's own reputation at a glance, as carrier, as shipper, or both. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../look/d-standing.ts';
import { controls } from '../look/controls.ts';
import type { Reputation, Share } from '../service/models.ts';
import { DRIVER_CELLS, figureCell } from './driver-cells.ts';
import type { Live } from './live.ts';
import { Load } from './load.ts';
import type { Session } from './session.ts';
import { shared } from './styles.ts';

type Role = 'carrier' | 'shipper';

/** In this order; a role has some of them. */
const SHARES = ['unnamed', 'returned', 'refused', 'delivered_after_cancellation', 'largest_shipper'] as const;
type ShareName = (typeof SHARES)[number];

/**
 * Properties: `session`, `live`, `asOf`. Shows nothing for a member that neither ships nor carries. Event `settled`, once
 * it has taken its place: what stands below moves no more.
 */
@customElement('dash-own')
export class DashOwn extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) live!: Live;
  @property({ attribute: false }) asOf: string | null = null;
  readonly #own = new Load<ReadonlyMap<Role, Reputation>>(this, (signal) => this.#read(signal));

  #settled = false;

  static override styles = [
    controls,
    shared,
    css`
      dl {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(10.5rem, 100%), 1fr));
        gap: var(--d-4) var(--d-5);
      }
      dt {
        color: var(--d-ink-soft);
        font-size: var(--d-text-s);
      }
      .title {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--d-2) var(--d-3);
        margin-block-end: var(--d-4);
      }
      .card h2 {
        margin: 0;
      }
      .card + .card {
        margin-block-start: var(--d-4);
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
    this.#own.want(`as of ${this.asOf}`);
  }

  override render() {
    const words = this.session.words;
    if (this.#roles.length === 0) return nothing;
    const own = this.#own.value;
    if (own === null) return html`<div class="card">${this.#own.instead(words, words.t('own.title'))}</div>`;
    return [...own].map(([role, reputation]) => this.#card(role, reputation));
  }

  protected override updated(): void {
    if (this.#settled || (this.#roles.length > 0 && this.#own.value === null && this.#own.error === null))
      return;
    this.#settled = true;
    this.dispatchEvent(new Event('settled'));
  }

  #card(role: Role, own: Reputation): TemplateResult {
    const words = this.session.words;
    const t = words.t.bind(words);
    const { figures, counts } = own;
    return html`<section class="card" aria-labelledby="own-${role}">
      <div class="title">
        <h2 id="own-${role}">${t(`own.${role}`)}</h2>
        <d-standing standing=${own.standing} label=${t(`standing.${own.standing}`)}></d-standing>
        <span class="soft small">${t('own.stops', { count: counts.stops ?? 0 })}</span>
      </div>
      <dl>
        ${fact(t('column.overall'), DRIVER_CELLS.overall(words, own))}
        ${fact(t('column.kept'), DRIVER_CELLS.kept(words, own))}
        ${fact(t('column.response'), DRIVER_CELLS.response(words, own))}
        ${fact(t('column.issues'), DRIVER_CELLS.issues(words, own))}
        ${figures.silent === undefined ? nothing : fact(t('own.silent'), this.#silent(own))}
        ${SHARES.map((name) => {
          const share = own.shares[name];
          return share === undefined ? nothing : fact(t(`own.${name}`), this.#share(name, share));
        })}
      </dl>
    </section>`;
  }

  #silent(own: Reputation): TemplateResult {
    const words = this.session.words;
    const { silent = 0, due = 0 } = own.counts;
    if (due === 0) return html`<span class="soft">${words.t('own.silent.none')}</span>`;
    return html`${figureCell(words, own.figures.silent, 'share', null)}<span class="under"
        >${words.t('own.silent.of', { part: silent, whole: due })}</span
      >`;
  }

  #share(name: ShareName, share: Share): TemplateResult {
    const words = this.session.words;
    const of = name === 'unnamed' ? 'stops' : name === 'largest_shipper' ? 'ratings' : 'openings';
    if (share.whole === 0) return html`<span class="soft">${words.t(`own.share.none.${of}`)}</span>`;
    return html`<span class="value">${share.share === null ? '—' : words.percent(share.share / 1e6, 1)}</span
      ><span class="under"
        >${words.t(`own.share.of.${of}`, { part: share.part, whole: share.whole })}</span
      >`;
  }

  get #roles(): readonly Role[] {
    return (['carrier', 'shipper'] as const).filter((role) => this.session.is(role));
  }

  async #read(signal: AbortSignal): Promise<ReadonlyMap<Role, Reputation>> {
    const found = this.#roles.map(
      async (role): Promise<[Role, Reputation]> => [
        role,
        await this.session.get<Reputation>(
          `/v1/${role}s/${this.session.me.member}/reputation`,
          { as_of: this.asOf },
          signal,
        ),
      ],
    );
    return new Map(await Promise.all(found));
  }

  #changed = () => void this.#own.renew();
}

function fact(name: string, value: TemplateResult): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-own': DashOwn;
  }
}
