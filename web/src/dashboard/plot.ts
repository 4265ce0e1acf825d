/** The chart of ratings over time, loaded with the first driver's page. */

import uPlot from 'uplot';
import styles from 'uplot/dist/uPlot.min.css?inline';
import type { SeriesPoint } from '../service/models.ts';
import type { Words } from '../words/words.ts';
import { THRESHOLDS } from './marks.ts';

/** The chart library's own styles, as a sheet that a shadow root adopts. */
export const plotSheet = new CSSStyleSheet();
plotSheet.replaceSync(styles);

const HEIGHT = 260;
const HEIGHT_NARROW = 200;
const NARROW = 480;

/** Draws mean and 90 % band into `target`; returns the chart, to be destroyed by who asked for it. */
export function plot(target: HTMLElement, words: Words, course: readonly SeriesPoint[]): uPlot {
  const first = course.findIndex((point) => point.overall.n > 0);
  const points = course.slice(Math.max(first - 1, 0));
  const style = getComputedStyle(target);
  const colour = (name: string) => {
    // A canvas knows no light-dark(): the element resolves it.
    const probe = document.createElement('span');
    probe.style.color = `var(${name})`;
    target.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const ink = colour('--d-ink-soft');
  const line = colour('--d-line');
  const accent = colour('--d-accent');
  const font = `12px ${style.fontFamily}`;
  const known = (point: SeriesPoint, value: number) => (point.overall.n === 0 ? null : value / 1e6);
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const day = new Intl.DateTimeFormat(words.locale, { month: 'short', day: 'numeric' });
  const width = Math.max(target.clientWidth, 200);
  return new uPlot(
    {
      width,
      height: width < NARROW ? HEIGHT_NARROW : HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: true }, y: { range: [1, 5] } },
      axes: [
        { ...axis, values: (_chart, ticks) => ticks.map((tick) => day.format(tick * 1000)), space: 70 },
        { ...axis, values: (_chart, ticks) => ticks.map((tick) => words.number(tick)), incrs: [1], size: 32 },
      ],
      series: [
        {},
        { stroke: 'transparent', points: { show: false } },
        { stroke: accent, width: 2, points: { show: true, size: 5, fill: accent } },
        { stroke: 'transparent', points: { show: false } },
      ],
      hooks: {
        drawClear: [(chart) => thresholds(chart, ink)],
        draw: [(chart) => whiskers(chart, translucent(accent))],
      },
      bands: [{ series: [3, 1], fill: translucent(accent) }],
    },
    [
      points.map((point) => Date.parse(point.as_of) / 1000),
      points.map((point) => known(point, point.overall.low)),
      points.map((point) => known(point, point.overall.mean)),
      points.map((point) => known(point, point.overall.high)),
    ],
    target,
  );
}

/** The bounds at which the standing changes, dashed. */
function thresholds(chart: uPlot, colour: string): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.globalAlpha = 0.6;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const mark of THRESHOLDS) {
    const y = chart.valToPos(mark / 1e6, 'y', true);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** A point between two gaps has no band to be seen: its bounds are drawn as a line. */
function whiskers(chart: uPlot, colour: string): void {
  const [xs, lows, , highs] = chart.data;
  const { ctx } = chart;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 3 * devicePixelRatio;
  xs.forEach((x, at) => {
    const [low, high] = [lows?.[at], highs?.[at]];
    if (typeof low !== 'number' || typeof high !== 'number') return;
    const left = chart.valToPos(x, 'x', true);
    ctx.beginPath();
    ctx.moveTo(left, chart.valToPos(low, 'y', true));
    ctx.lineTo(left, chart.valToPos(high, 'y', true));
    ctx.stroke();
  });
  ctx.restore();
}

function translucent(rgb: string): string {
  return rgb.replace(/^rgb\((.*)\)$/, (_whole, parts: string) => `rgba(${parts}, 0.2)`);
}
