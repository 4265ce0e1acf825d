/** Times as the API writes them. */

/** Returns the Unix second of an RFC 3339 time in UTC; throws RangeError for anything else. */
export function unixSeconds(text: unknown): number {
  const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
  const seconds = typeof text === 'string' && shape.test(text) ? Date.parse(text) / 1000 : Number.NaN;
  if (!Number.isSafeInteger(seconds)) throw new RangeError(`no time in UTC, whole seconds: ${String(text)}`);
  return seconds;
}
