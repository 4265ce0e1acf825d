/** What `<doorstep-feedback>` tells the page it stands on, each thing once. Pure. */

import type { Hex } from '../core/hex.ts';
import type { Outgoing } from '../device/records.ts';
import type { Receipt } from '../service/models.ts';
import { type Snapshot, takenOverAt, type View } from './flow.ts';

export interface FeedbackEvents {
  /** The service has it: keep the receipt. `recordBy` is RFC 3339, null without a receipt. */
  'doorstep-accepted': { digest: Hex; intent: Hex | null; receipt: Receipt | null; recordBy: string | null };
  'doorstep-recorded': { digest: Hex; block: number };
  /** It will not be recorded as it is; `code` is stable. */
  'doorstep-rejected': { digest: Hex; code: string; detail: string };
  /** Another device holds this delivery. */
  'doorstep-taken-over': { at: string | null };
  /** The delivery cannot be shown; `reason` is the view's name. */
  'doorstep-error': { reason: string };
}

export type FeedbackEvent = {
  [Name in keyof FeedbackEvents]: readonly [Name, FeedbackEvents[Name]];
}[keyof FeedbackEvents];

/** Views in which there is no going on here. */
const STOPS: ReadonlySet<View> = new Set(['taken-over', 'unknown', 'unreachable', 'failed']);

/** Remembers what was told. */
export class Telling {
  #stage = '';
  #stop = '';

  /** Returns what is new to tell. */
  of(view: View, seen: Snapshot): FeedbackEvent[] {
    const { outgoing } = seen;
    const stage = outgoing === null ? '' : `${outgoing.stage} ${outgoing.digest}`;
    const stop = STOPS.has(view) ? view : '';
    const events: FeedbackEvent[] = [];
    if (stop !== '' && stop !== this.#stop) events.push(stopped(view, seen));
    if (outgoing !== null && stage !== this.#stage) events.push(...became(outgoing));
    this.#stage = stage;
    this.#stop = stop;
    return events;
  }
}

function stopped(view: View, seen: Snapshot): FeedbackEvent {
  if (view !== 'taken-over') return ['doorstep-error', { reason: view }];
  return ['doorstep-taken-over', { at: takenOverAt(seen)?.at ?? null }];
}

function became({ stage, digest, intent, receipt, refused, block }: Outgoing): FeedbackEvent[] {
  if (stage === 'accepted')
    return [['doorstep-accepted', { digest, intent, receipt, recordBy: receipt?.record_by ?? null }]];
  if (stage === 'recorded' && block !== null) return [['doorstep-recorded', { digest, block }]];
  if (stage === 'refused' && refused !== null)
    return [['doorstep-rejected', { digest, code: refused.code, detail: refused.detail }]];
  return [];
}
