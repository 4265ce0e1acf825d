/** Instants and spans as the reader writes them. */

import type { Words } from '../words/words.ts';

/** Returns day and time with weekday and zone: "Tuesday 24 November at 14:05 WET". */
export function moment(words: Words, instant: string | number): string {
  return new Intl.DateTimeFormat(words.locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(instant));
}

/** Returns a span in its largest unit: "3 days", "2 hours", "1 minute". */
export function span(words: Words, milliseconds: number): string {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  const [value, unit] =
    minutes >= 2880
      ? ([Math.round(minutes / 1440), 'day'] as const)
      : minutes >= 90
        ? ([Math.round(minutes / 60), 'hour'] as const)
        : ([minutes, 'minute'] as const);
  return new Intl.NumberFormat(words.locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}
