/** What can go wrong between page and API, split by what to do about it. */

/** Below 500, what asks to wait: Request Timeout, Too Early, Too Many Requests. */
const NOT_YET: ReadonlySet<number> = new Set([408, 425, 429]);

/** The kind of the problem of a service that answers, and cannot record what is signed for now. */
export const NOT_RECORDING = 'relay-stopped';

/** The API's RFC 9457 answer. Sending the same again helps only where `retryable`. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    /** The last part of the problem's URN, e.g. `taken-over`; stable, programs may decide by it. */
    readonly kind: string,
    readonly detail: string,
    readonly body: Readonly<Record<string, unknown>>,
    /** Seconds the API asks to wait, where it says so. */
    readonly retryAfter: number | null,
  ) {
    super(detail);
  }

  /** Whether this refuses nothing: the service, or what stands before it, failed or asks to wait. Every 5xx is one. */
  get retryable(): boolean {
    return this.status < 400 || this.status >= 500 || NOT_YET.has(this.status);
  }
}

/** No answer came: offline, the API is down, or it took too long. Always worth another try. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** Returns whether the same request may go through later. */
export function worthRetrying(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Problem && error.retryable);
}

/** Returns the problem that a response states; one of kind `unexpected` where it states none. */
export async function problemOf(response: Response): Promise<Problem> {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = await response.json();
    if (typeof parsed === 'object' && parsed !== null) body = parsed as Record<string, unknown>;
  } catch {
    // A proxy's page, or nothing: the status has to do.
  }
  return problemFrom(response.status, body, Number(response.headers.get('retry-after')) || null);
}

/** Returns the problem of an already parsed body. */
export function problemFrom(
  status: number,
  body: Record<string, unknown>,
  retryAfter: number | null = null,
): Problem {
  const kind = typeof body.type === 'string' ? (body.type.split(':').at(-1) ?? '') : 'unexpected';
  const detail = typeof body.detail === 'string' ? body.detail : `HTTP ${status}`;
  return new Problem(status, kind, detail, body, retryAfter);
}
