/** What was reported, in terms of what to ask the recipient: which issues suit, which questions to put. Pure. */

import { bitOf, type IssueName } from '../core/vocabulary.ts';
import type { Draft } from '../device/records.ts';
import { isBlank } from '../service/documents.ts';
import type { Delivery, DeliveryEntry, OutcomeName } from '../service/models.ts';

export const ASPECTS = ['timeliness', 'packaging', 'professionalism', 'accuracy'] as const;
export type Aspect = (typeof ASPECTS)[number];

/** Outcomes after which nothing comes to the recipient any more. */
const ENDED: ReadonlySet<OutcomeName | null> = new Set(['returned', 'cancelled', 'not_received']);

/** A reported time is believed only this long before its block's (policy 1). */
const BELIEVED_MS = 172_800_000;

export interface Report {
  readonly outcome: OutcomeName;
  readonly driver: number;
  /** When it happened, as reported; RFC 3339. */
  readonly at: string;
  readonly block: number;
  readonly recordedAt: string;
}

export interface Situation {
  readonly reports: readonly Report[];
  readonly outcome: OutcomeName | null;
  /** The last report of 'attempted', if any. */
  readonly attempted: Report | null;
  readonly arrived: Report | null;
  /** How much later than promised it came, or is by now; 0 where the promise is kept or still may be. */
  readonly lateByMs: number;
  /** As policy 1 has it: reported lost breaks it for good. Void: it ended without arriving, and nothing is to be said. */
  readonly promise: 'kept' | 'late' | 'broken' | 'open' | 'passed' | 'void';
}

export function reportsOf(entries: readonly DeliveryEntry[]): Report[] {
  return entries
    .filter((entry) => entry.kind === 'report')
    .map((entry) => ({
      outcome: entry.item.outcome as OutcomeName,
      driver: entry.driver,
      at: String(entry.item.occurred_at),
      block: entry.block,
      recordedAt: entry.time,
    }));
}

/** Returns what the reports say at `now` (ms). */
export function situationOf(delivery: Delivery, entries: readonly DeliveryEntry[], now: number): Situation {
  const reports = reportsOf(entries);
  const last = (outcome: OutcomeName) => reports.findLast((one) => one.outcome === outcome) ?? null;
  const promised = Date.parse(delivery.promised_by);
  const arrived = last('delivered');
  const ended = arrived === null && ENDED.has(delivery.outcome);
  const came = arrived === null ? now : timeOf(arrived);
  const lateByMs = ended ? 0 : Math.max(0, came - promised);
  const isVoid = ended || (arrived !== null && followsCancelling(reports, arrived));
  const promise = promiseOf(isVoid, arrived !== null, lateByMs > 0, last('lost') !== null);
  return { reports, outcome: delivery.outcome, attempted: last('attempted'), arrived, lateByMs, promise };
}

/** Whether the shipper had cancelled before the parcel arrived: then nothing was promised any more (policy 1). */
function followsCancelling(reports: readonly Report[], arrived: Report): boolean {
  const cancelled = reports.find(({ outcome }) => outcome === 'cancelled');
  return cancelled !== undefined && timeOf(arrived) >= Date.parse(cancelled.recordedAt);
}

function promiseOf(isVoid: boolean, arrived: boolean, late: boolean, lost: boolean): Situation['promise'] {
  if (arrived && late) return 'late';
  if (lost) return 'broken';
  if (isVoid) return 'void';
  if (arrived) return 'kept';
  return late ? 'passed' : 'open';
}

function timeOf(report: Report): number {
  const at = Date.parse(report.at);
  const recorded = Date.parse(report.recordedAt);
  return recorded - at > BELIEVED_MS ? recorded : at;
}

export interface Chips {
  readonly shown: readonly IssueName[];
  /** Behind 'anything to flag?', or 'more'. */
  readonly folded: readonly IssueName[];
  /** Both, in one order that choosing does not change. */
  readonly all: readonly IssueName[];
}

/** What most often spoils a delivery, first. */
const COMMON: readonly IssueName[] = [
  'late',
  'damaged_packaging',
  'damaged_item',
  'missing',
  'wrong_place',
  'attitude',
  'no_communication',
  'unsafe_drop',
  'false_attempt',
  'wrong_item',
  'fee_dispute',
];
const SHOWN_AT: Readonly<Record<number, number>> = { 1: 8, 2: 8, 3: 6, 4: 0, 5: 0 };

/**
 * Returns the issues in the order that suits: what the reports suggest first. Few stars show more of them; at four and
 * five only suggestions and what is chosen already. All others are folded away, never lost.
 */
export function chipsFor(overall: number, situation: Situation, chosen: number): Chips {
  const suggested = suggestions(situation);
  const order = [...suggested, ...COMMON.filter((issue) => !suggested.includes(issue))];
  const most = Math.max(SHOWN_AT[overall] ?? 0, suggested.length);
  const shown = order.filter((issue, place) => place < most || (chosen & bitOf(issue)) !== 0);
  return { shown, folded: order.filter((issue) => !shown.includes(issue)), all: order };
}

/** Returns the issues that the reports themselves suggest. */
export function suggestions(situation: Situation): IssueName[] {
  const found: IssueName[] = [];
  if (situation.lateByMs > 0) found.push('late');
  if (situation.outcome === 'lost') found.push('missing');
  return found;
}

export type Question = 'attempted' | 'arrived';
export interface Choice {
  readonly answer: string;
  /** The issue that this answer flags; null for an answer that flags none. */
  readonly flags: IssueName | null;
}

/** What to ask, with its answers; each question owns the issues of its answers. */
export const QUESTIONS: Readonly<Record<Question, readonly Choice[]>> = {
  attempted: [
    { answer: 'yes', flags: 'false_attempt' },
    { answer: 'no', flags: null },
  ],
  arrived: [
    { answer: 'yes', flags: null },
    { answer: 'nothing', flags: 'missing' },
    { answer: 'elsewhere', flags: 'wrong_place' },
  ],
};

/** Returns the questions that the reports raise; whether it arrived is only asked of who is not content. */
export function questionsFor(overall: number, situation: Situation): Question[] {
  const asked: Question[] = [];
  if (situation.attempted !== null) asked.push('attempted');
  if (situation.outcome === 'delivered' && overall > 0 && overall <= 2) asked.push('arrived');
  return asked;
}

/** Returns the issue bits after an answer: its own flag set, those of the question's other answers cleared. */
export function answered(issues: number, question: Question, answer: string): number {
  let bits = issues;
  for (const choice of QUESTIONS[question]) if (choice.flags !== null) bits &= ~bitOf(choice.flags);
  const flags = QUESTIONS[question].find((choice) => choice.answer === answer)?.flags ?? null;
  return flags === null ? bits : bits | bitOf(flags);
}

/** Outcomes that say what a driver did with the parcel, where nobody delivered it. */
const TRIED: ReadonlySet<OutcomeName> = new Set(['attempted', 'returned', 'lost']);

/** Returns the report that says most: the first 'delivered', else the first of attempted, returned and lost. */
function telling(reports: readonly Report[]): Report | null {
  const delivered = reports.find(({ outcome }) => outcome === 'delivered');
  return delivered ?? reports.find(({ outcome }) => TRIED.has(outcome)) ?? null;
}

/**
 * Returns who the feedback can be about, the proposed one first: the driver of the report that says most, so that no
 * later report puts another in their place; without such a report the present driver. Then the others named, the latest
 * first, and nobody (0).
 */
export function driversOf(delivery: Delivery, reports: readonly Report[]): number[] {
  const proposed = telling(reports)?.driver ?? delivery.driver;
  const named = [delivery.driver, ...delivery.was_drivers.toReversed()].filter((driver) => driver !== 0);
  return [...new Set([proposed, ...named, 0])];
}

/** Returns what a driver is to be known by among several: the report that says most of those that name it, or its first. */
export function reportOf(driver: number, reports: readonly Report[]): Report | null {
  const own = reports.filter((one) => one.driver === driver);
  return telling(own) ?? own[0] ?? null;
}

/** Returns whom the draft is about: whom it was fixed to, else whom the reports propose. */
export function aboutOf(draft: Draft, drivers: readonly number[]): number {
  const { driver } = draft;
  return driver !== null && drivers.includes(driver) ? driver : (drivers[0] ?? 0);
}

/** Returns whether there is anything to send: stars, or words alone. */
export function saysSomething(draft: Draft): boolean {
  return draft.overall > 0 || !isBlank(draft.comment);
}

/** Returns the draft fixed, once it says something, to the driver it was shown with: no later report changes that. */
export function fixed(draft: Draft, drivers: readonly number[]): Draft {
  if (!saysSomething(draft)) return draft;
  return { ...draft, driver: aboutOf(draft, drivers), proposed: draft.proposed ?? drivers[0] ?? 0 };
}

/** Returns another driver whom a report named since the draft was fixed; null where the recipient knows already. */
export function namedMeanwhile(draft: Draft, drivers: readonly number[]): number | null {
  const named = drivers[0] ?? 0;
  if (named === 0 || draft.proposed === undefined) return null;
  return named === draft.proposed || named === aboutOf(draft, drivers) ? null : named;
}
