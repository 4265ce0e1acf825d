/** Sorting and filtering of the drivers' table. Pure. */

import type { DriverRow, Standing } from '../service/models.ts';
import { issuesPerThousand } from './figures.ts';

export const COLUMNS = [
  'driver',
  'standing',
  'overall',
  'kept',
  'response',
  'issues',
  'weeks',
  'count',
] as const;
export type Column = (typeof COLUMNS)[number];
export type Direction = 'ascending' | 'descending';

export interface Order {
  readonly column: Column;
  readonly direction: Direction;
}

export interface Filter {
  readonly standing: Standing | null;
  /** Effective ratings at least. */
  readonly least: number;
  /** Part of a driver's number. */
  readonly number: string;
}

/** Whoever needs a look comes first. */
export const STANDINGS: readonly Standing[] = ['investigate', 'watch', 'good', 'recognised', 'insufficient'];
export const FIRST_ORDER: Order = { column: 'standing', direction: 'ascending' };

/** Returns the order that a link's `sort` names (`overall`, `-overall`); the usual one for anything else. */
export function orderOf(text: string | undefined): Order {
  const column = COLUMNS.find((one) => one === text?.replace(/^-/, ''));
  if (column === undefined) return FIRST_ORDER;
  return { column, direction: text?.startsWith('-') ? 'descending' : 'ascending' };
}

/** Returns an order as a link writes it; empty for the usual one. */
export function orderText(order: Order): string {
  if (order.column === FIRST_ORDER.column && order.direction === FIRST_ORDER.direction) return '';
  return `${order.direction === 'descending' ? '-' : ''}${order.column}`;
}

/** Returns the order after a press on a column's head: turned round, or the column's own first. */
export function pressed(order: Order, column: Column): Order {
  if (order.column === column)
    return { column, direction: order.direction === 'ascending' ? 'descending' : 'ascending' };
  return { column, direction: column === 'driver' || column === 'standing' ? 'ascending' : 'descending' };
}

/** Returns whether there is enough to say a standing from. */
export function isKnown(row: DriverRow): boolean {
  const standing = row.reputation?.standing;
  return standing !== undefined && standing !== 'insufficient';
}

/** Returns what a row is sorted by in a column; null where it has nothing of the kind. */
export function sortValue(row: DriverRow, column: Column): number | null {
  const reputation = row.reputation;
  if (column === 'driver') return row.driver;
  if (!reputation) return null;
  const figures = reputation.figures;
  switch (column) {
    case 'standing':
      return STANDINGS.indexOf(reputation.standing);
    case 'overall':
      return figures.overall?.mean ?? null;
    case 'kept':
      return figures.promise_kept?.mean ?? null;
    case 'response':
      return figures.response?.mean ?? null;
    case 'issues':
      return issuesPerThousand(reputation);
    case 'weeks':
      return row.weeks?.reduce((sum, week) => sum + week.n, 0) ?? null;
    case 'count':
      return figures.overall?.count ?? null;
  }
}

/**
 * Returns the rows in order. Drivers of whom too little is known come after the others whichever way the order runs, so
 * that few ratings put nobody on top or at the bottom; only the driver's own number sorts all alike.
 */
export function sorted(rows: readonly DriverRow[], order: Order): DriverRow[] {
  const sign = order.direction === 'ascending' ? 1 : -1;
  return [...rows].sort((one, other) => {
    if (order.column !== 'driver' && isKnown(one) !== isKnown(other)) return isKnown(one) ? -1 : 1;
    const left = sortValue(one, order.column);
    const right = sortValue(other, order.column);
    if (left === null || right === null) {
      if (left !== right) return left === null ? 1 : -1;
    } else if (left !== right) return sign * (left - right);
    return one.driver - other.driver;
  });
}

/** Returns the rows that every filter holds for. */
export function filtered(rows: readonly DriverRow[], filter: Filter): DriverRow[] {
  const wanted = filter.number.trim();
  return rows.filter((row) => {
    if (wanted !== '' && !String(row.driver).includes(wanted)) return false;
    if (filter.standing !== null && row.reputation?.standing !== filter.standing) return false;
    return filter.least <= 0 || (row.reputation?.figures.overall?.count ?? 0) >= 1000 * filter.least;
  });
}

/** Returns the filter that a link's query says. */
export function filterOf(query: Readonly<Record<string, string>>): Filter {
  const least = Number(query.least);
  return {
    standing: STANDINGS.find((one) => one === query.standing) ?? null,
    least: Number.isFinite(least) && least > 0 ? least : 0,
    number: /^\d{1,10}$/.test(query.number ?? '') ? (query.number as string) : '',
  };
}
