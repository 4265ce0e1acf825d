/** Small drawings: a figure's bar with its bounds, and a sparkline of weeks. The words stand beside; these are for the eye. */

import { svg, type TemplateResult } from 'lit';
import type { Figure, Week } from '../service/models.ts';
import type { Scale } from './figures.ts';
import { along, points, runs } from './spark.ts';

const WIDTH = 100;
const HEIGHT = 14;
/** Bounds at which policy 1 changes the standing by overall. */
export const THRESHOLDS: readonly number[] = [3_500_000, 4_000_000, 4_200_000];

/** Draws low, mean and high on their scale; `marks` (millionths) as thin lines. */
export function bar(figure: Figure, scale: Scale, marks: readonly number[] = []): TemplateResult {
  const place = (value: number) => (scale === 'stars' ? along(value, WIDTH) : along(value, WIDTH, 0, 1));
  const low = place(figure.low);
  const mean = place(figure.mean);
  return svg`<svg class="bar" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    <rect class="ground" x="0" y="4" width=${WIDTH} height="6"></rect>
    ${marks.map((mark) => svg`<line class="tick" x1=${place(mark)} x2=${place(mark)} y1="1" y2="13"></line>`)}
    <rect class="band" x=${low} y="2" width=${Math.max(place(figure.high) - low, 0.5)} height="10"></rect>
    <line class="mean" x1=${mean} x2=${mean} y1="1" y2="13"></line>
  </svg>`;
}

const SPARK_WIDTH = 112;
const SPARK_HEIGHT = 28;
const DOT = 2.5;

/** Draws the weeks' plain means between 1 and 5 stars; weeks without ratings are gaps. */
export function sparkline(weeks: readonly Week[]): TemplateResult {
  const inner = runs(weeks, SPARK_WIDTH - 2 * DOT, SPARK_HEIGHT - 2 * DOT);
  return svg`<svg class="spark" viewBox="${-DOT} ${-DOT} ${SPARK_WIDTH} ${SPARK_HEIGHT}" aria-hidden="true">
    <line class="floor" x1="0" x2=${SPARK_WIDTH - 2 * DOT} y1=${SPARK_HEIGHT - 2 * DOT} y2=${SPARK_HEIGHT - 2 * DOT}></line>
    ${inner.map((run) => {
      const last = run.at(-1);
      return svg`<polyline points=${points(run)}></polyline>
        ${last === undefined ? '' : svg`<circle cx=${last.x} cy=${last.y} r=${DOT}></circle>`}`;
    })}
  </svg>`;
}
