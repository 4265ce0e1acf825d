/** Instants between a link's query (RFC 3339 UTC) and a date-time field (the reader's zone, to the minute). Pure. */

/** Returns what an `<input type="datetime-local">` shows for an instant; empty for none. */
export function toField(instant: string | undefined): string {
  const time = instant === undefined ? Number.NaN : Date.parse(instant);
  if (Number.isNaN(time)) return '';
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Returns the instant that such a field means; null where it is empty or no time. */
export function fromField(text: string): string | null {
  const time = Date.parse(text);
  return text === '' || Number.isNaN(time) ? null : `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** Returns a query's `as_of` where it is an instant with a zone; null otherwise. */
export function asOfOf(query: Readonly<Record<string, string>>): string | null {
  const text = query.as_of ?? '';
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text))
    ? text
    : null;
}

/** Returns a UTC day (`2026-11-16`) as the reader's locale writes it; a policy's days are UTC days. */
export function utcDay(locale: string, day: string): string {
  return new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${day}T00:00:00Z`));
}
