/** Tables as files for spreadsheets: RFC 4180, UTF-8 with its mark, and no cell that a spreadsheet would run. Pure. */

import { ISSUES } from '../core/vocabulary.ts';
import type { DriverRow, FeedbackEntry, Figure } from '../service/models.ts';
import { issuesNamed, issuesPerThousand } from './figures.ts';
import { commentOf } from './issues.ts';

export type Cell = string | number | boolean | null | undefined;

/**
 * Where spreadsheets take what follows for a formula: at a cell's beginning. Where `;` or a tab parts their lists, they cut
 * our cells there, and at line ends too: a quote in the middle of a line holds nothing together for them.
 */
const FORMULA = /^(?=[\t\r\n])|(?<=^|[;\t\r\n])(?![\t\r\n])(?=[\s"']*[=+\-@＝＋－＠])/gu;

/** Returns a table as a file's text; what is null or undefined is an empty cell. */
export function csv(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return `\ufeff${[head, ...rows].map((row) => `${row.map(cellText).join(',')}\r\n`).join('')}`;
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = cell.replace(FORMULA, "'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The parts of a figure, in stars or as a share; never a mean without its bounds and counts. */
const PARTS = ['mean', 'low', 'high', 'effective', 'n'] as const;

function figureHead(name: string): string[] {
  return PARTS.map((part) => `${name}_${part}`);
}

/** Where `blank`, only the counts: too few to say anything from. */
function figureCells(figure: Figure | undefined, blank = false): Cell[] {
  if (figure === undefined) return PARTS.map(() => null);
  const { mean, low, high, count, n } = figure;
  const value = (millionths: number) => (blank || n === 0 ? null : millionths / 1e6);
  return [value(mean), value(low), value(high), count / 1000, n];
}

export const DRIVERS_HEAD: readonly string[] = [
  ...['driver', 'carrier', 'policy', 'as_of', 'block', 'standing'],
  ...figureHead('overall'),
  ...[...figureHead('promise_kept'), 'kept', 'kept_or_broken'],
  ...figureHead('response'),
  ...['issues_per_1000', 'issues', 'feedbacks', 'ratings_by_week', 'weeks_n'],
];

/** Returns the drivers' table, in the order of `rows`; as on the page, without a mean where there are too few ratings. */
export function driversCsv(rows: readonly DriverRow[]): string {
  return csv(
    DRIVERS_HEAD,
    rows.map(({ driver, carrier, reputation, weeks = [] }) => {
      const own = [driver, carrier];
      const some = weeks.map(
        (week) => `${week.from} ${week.mean === null ? '' : week.mean / 1e6} n ${week.n}`,
      );
      const byWeek = [some.join('; '), weeks.reduce((sum, week) => sum + week.n, 0)];
      if (!reputation)
        return [...own, ...Array<null>(DRIVERS_HEAD.length - own.length - 2).fill(null), ...byWeek];
      const { figures, counts, standing } = reputation;
      const { kept = 0, broken = 0, feedback = 0 } = counts;
      return [
        ...own,
        ...[reputation.policy, reputation.as_of, reputation.block?.number, standing],
        ...figureCells(figures.overall, standing === 'insufficient'),
        ...[...figureCells(figures.promise_kept), kept, kept + broken],
        ...figureCells(figures.response),
        ...[issuesPerThousand(reputation), issuesNamed(reputation), feedback],
        ...byWeek,
      ];
    }),
  );
}

const RATINGS = ['overall', 'timeliness', 'packaging', 'professionalism', 'accuracy'] as const;

export const FEEDBACK_HEAD: readonly string[] = [
  ...['time', 'block', 'log_index', 'delivery_id', 'driver', 'carrier', 'revision'],
  ...RATINGS,
  ...['issues', ...ISSUES.map((name) => `issue_${name}`)],
  ...['serious', 'superseded', 'withdrawn', 'comment', 'comment_is'],
];

/** Returns feedback as a table, every revision a row; a rating of 0 is an empty cell: it was not given. */
export function feedbackCsv(entries: readonly FeedbackEntry[]): string {
  return csv(
    FEEDBACK_HEAD,
    entries.map((entry) => {
      const item = entry.item as unknown as Record<(typeof RATINGS)[number] | 'revision', number> & {
        readonly issues: readonly string[];
      };
      const said = commentOf(entry);
      return [
        ...[
          entry.time,
          entry.block,
          entry.log_index,
          entry.delivery_id,
          entry.driver,
          entry.carrier,
          item.revision,
        ],
        ...RATINGS.map((name) => item[name] || null),
        ...[item.issues.length, ...ISSUES.map((name) => (item.issues.includes(name) ? 1 : 0))],
        ...[entry.serious, entry.superseded, entry.withdrawn],
        ...[said.kind === 'text' ? said.text : null, said.kind],
      ];
    }),
  );
}
