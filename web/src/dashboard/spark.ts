/** Geometry of the small charts. Pure: numbers in, places out. */

import type { Week } from '../service/models.ts';

export interface Spot {
  readonly x: number;
  readonly y: number;
}

const LEAST = 1;
const MOST = 5;

/** Returns where a rating (millionths, 1 to 5 stars) lies on a scale of `length`, from 0. */
export function along(millionths: number, length: number, least = LEAST, most = MOST): number {
  const share = (millionths / 1e6 - least) / (most - least);
  return Math.min(Math.max(share, 0), 1) * length;
}

/**
 * Returns the runs of a sparkline: weeks side by side over `width`, 5 stars on top. A week without a rating parts two
 * runs, instead of being drawn as if somebody had rated.
 */
export function runs(weeks: readonly Week[], width: number, height: number): Spot[][] {
  const step = weeks.length > 1 ? width / (weeks.length - 1) : 0;
  const found: Spot[][] = [];
  let run: Spot[] = [];
  weeks.forEach((week, at) => {
    if (week.n === 0 || week.mean === null) {
      if (run.length > 0) found.push(run);
      run = [];
      return;
    }
    const x = weeks.length > 1 ? at * step : width / 2;
    run.push({ x: rounded(x), y: rounded(height - along(week.mean, height)) });
  });
  if (run.length > 0) found.push(run);
  return found;
}

/** Returns a run as the `points` of a polyline. */
export function points(run: readonly Spot[]): string {
  return run.map((spot) => `${spot.x},${spot.y}`).join(' ');
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
