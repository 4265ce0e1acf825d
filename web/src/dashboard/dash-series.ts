/** `<dash-series>`: a driver's overall over time with its 90 % band, as a chart and as a table. */

import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import '../look/d-standing.ts';
import { controls } from '../look/controls.ts';
import type { SeriesPoint } from '../service/models.ts';
import { amount, bounds, counted } from './figures.ts';
import type { Live } from './live.ts';
import { Load } from './load.ts';
import type { Session } from './session.ts';
import { shared } from './styles.ts';

const POINTS = 31;
const DAYS = 180;
/** Where all that is known is younger, a closer look. */
const FEWER_DAYS = 30;

interface Course {
  readonly days: number;
  readonly points: readonly SeriesPoint[];
}

/** Properties: `session`, `live`, `driver`, `asOf`. */
@customElement('dash-series')
export class DashSeries extends LitElement {
  @property({ attribute: false }) session!: Session;
  @property({ attribute: false }) live!: Live;
  @property({ type: Number }) driver = 0;
  @property({ attribute: false }) asOf: string | null = null;
  @state() private asTable = false;
  @query('.plot') private readonly plot!: HTMLElement | null;
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');
  #chart: { destroy(): void } | null = null;
  #drawn: Course | null = null;
  #resizes: ResizeObserver | null = null;
  #width = 0;
  readonly #course = new Load<Course>(this, async (signal) => {
    const course = await this.#read(DAYS, signal);
    const step = DAYS / (POINTS - 1);
    const recent = course.points.slice(-Math.floor(FEWER_DAYS / step) - 1);
    const known = (points: readonly SeriesPoint[]) => points.filter((point) => point.overall.n > 0).length;
    return known(recent) === known(course.points) ? this.#read(FEWER_DAYS, signal) : course;
  });

  static override styles = [
    controls,
    shared,
    css`
      .plot {
        inline-size: 100%;
        min-block-size: 200px;
        overflow: hidden;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: var(--d-2) var(--d-4);
        margin-block-end: var(--d-3);
      }
      figcaption {
        color: var(--d-ink-soft);
        font-size: var(--d-text-s);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.live.addEventListener('changed', this.#changed);
    this.#dark.addEventListener('change', this.#redraw);
    this.#resizes = new ResizeObserver(() => {
      if (Math.abs(this.clientWidth - this.#width) > 1) this.#redraw();
    });
    this.#resizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.live.removeEventListener('changed', this.#changed);
    this.#dark.removeEventListener('change', this.#redraw);
    this.#resizes?.disconnect();
    this.#clear();
  }

  override willUpdate(): void {
    this.#course.want(`${this.driver} as of ${this.asOf}`);
  }

  override render() {
    const words = this.session.words;
    const course = this.#course.value;
    if (course === null) return this.#course.instead(words, words.t('series.title'));
    const { points, days } = course;
    const caption = words.t('series.caption', { count: days });
    if (points.every((point) => point.overall.n === 0))
      return html`<d-state kind="empty" heading=${words.t('series.none')}></d-state>`;
    return html`<figure>
      <div class="row">
        <figcaption>${caption}</figcaption>
        <button aria-pressed=${this.asTable ? 'true' : 'false'} @click=${this.#toggle}>
          ${words.t('series.table')}
        </button>
      </div>
      ${
        this.asTable
          ? this.#table(points, caption)
          : html`<div class="plot" role="img" aria-label=${this.#summary(points)}></div>`
      }
    </figure>`;
  }

  protected override updated(): void {
    if (this.plot === null) this.#clear();
    else if (this.#course.value !== null && this.#drawn !== this.#course.value)
      void this.#draw(this.#course.value);
  }

  async #read(days: number, signal: AbortSignal): Promise<Course> {
    const path = `/v1/drivers/${this.driver}/reputation/series`;
    const query = { points: POINTS, days, as_of: this.asOf };
    const { points } = await this.session.get<{ points: SeriesPoint[] }>(path, query, signal);
    return { days, points };
  }

  #summary(points: readonly SeriesPoint[]): string {
    const words = this.session.words;
    const [first, last] = [points.find((point) => point.overall.n > 0), points.at(-1)];
    if (first === undefined || last === undefined) return words.t('series.title');
    return words.t('series.summary', {
      first: words.date(first.as_of),
      from: amount(words, first.overall.mean, 'stars'),
      last: words.date(last.as_of),
      to: amount(words, last.overall.mean, 'stars'),
      bounds: bounds(words, last.overall, 'stars'),
    });
  }

  #table(points: readonly SeriesPoint[], caption: string): TemplateResult {
    const words = this.session.words;
    return html`<div class="scroll" role="group" tabindex="0" aria-label=${words.t('series.title')}>
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            <th scope="col">${words.t('as-of')}</th>
            <th scope="col">${words.t('column.standing')}</th>
            <th scope="col" class="number">${words.t('series.mean')}</th>
            <th scope="col" class="number">${words.t('series.bounds')}</th>
            <th scope="col" class="number">${words.t('column.count')}</th>
          </tr>
        </thead>
        <tbody>
          ${points.toReversed().map((point) => {
            const some = point.overall.n > 0;
            return html`<tr>
              <th scope="row">${words.time(point.as_of)}</th>
              <td>${words.t(`standing.${point.standing}`)}</td>
              <td class="number">${some ? amount(words, point.overall.mean, 'stars') : '—'}</td>
              <td class="number">${some ? bounds(words, point.overall, 'stars') : '—'}</td>
              <td class="number">${counted(words, point.overall)}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>`;
  }

  async #draw(course: Course): Promise<void> {
    this.#drawn = course;
    const { plot, plotSheet } = await import('./plot.ts');
    if (this.plot === null || this.#drawn !== course) return;
    const root = this.renderRoot as ShadowRoot;
    if (!root.adoptedStyleSheets.includes(plotSheet)) root.adoptedStyleSheets.push(plotSheet);
    this.#chart?.destroy();
    this.#width = this.clientWidth;
    this.#chart = plot(this.plot, this.session.words, course.points);
  }

  #clear(): void {
    this.#chart?.destroy();
    this.#chart = null;
    this.#drawn = null;
  }

  #redraw = () => {
    this.#drawn = null;
    this.requestUpdate();
  };

  #toggle = () => {
    this.asTable = !this.asTable;
  };

  #changed = () => void this.#course.renew();
}

declare global {
  interface HTMLElementTagNameMap {
    'dash-series': DashSeries;
  }
}
