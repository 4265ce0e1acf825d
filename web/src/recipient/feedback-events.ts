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
  /** The delivery cannot be shown, for now (`unreachable`) or as things are; `reason` is stable. */
  'doorstep-error': { reason: Stop };
}

export type FeedbackEvent = {
  [Name in keyof FeedbackEvents]: readonly [Name, FeedbackEvents[Name]];
}[keyof FeedbackEvents];

/** Views in which there is no going on here. */
const STOPS = ['wrong-link', 'wrong-api', 'unknown', 'unreachable', 'failed'] as const;
export type Stop = (typeof STOPS)[number];

/** Remembers what was told: of what was sent for good, of what stands in the way until another visit. */
export class Telling {
  #stage = '';
  #stop = '';

  /** Another visit begins. */
  anew(): void {
    this.#stop = '';
  }

  /** Returns what is new to tell. */
  of(view: View, seen: Snapshot | null): FeedbackEvent[] {
    const outgoing = seen?.outgoing ?? null;
    const stage = outgoing === null ? '' : `${outgoing.stage} ${outgoing.digest}`;
    const stopped = STOPS.find((one) => one === view);
    const stop = stopped ?? (view === 'taken-over' ? view : '');
    const events: FeedbackEvent[] = [];
    if (stop !== this.#stop && stopped !== undefined) events.push(['doorstep-error', { reason: stopped }]);
    if (stop !== this.#stop && stop === 'taken-over' && seen !== null)
      events.push(['doorstep-taken-over', { at: takenOverAt(seen)?.at ?? null }]);
    if (outgoing !== null && stage !== this.#stage) events.push(...became(outgoing));
    if (outgoing !== null) this.#stage = stage;
    this.#stop = stop;
    return events;
  }
}

function became({ stage, digest, intent, receipt, refused, block }: Outgoing): FeedbackEvent[] {
  if (stage === 'accepted')
    return [['doorstep-accepted', { digest, intent, receipt, recordBy: receipt?.record_by ?? null }]];
  if (stage === 'recorded' && block !== null) return [['doorstep-recorded', { digest, block }]];
  if (stage === 'refused' && refused !== null)
    return [['doorstep-rejected', { digest, code: refused.code, detail: refused.detail }]];
  return [];
}
