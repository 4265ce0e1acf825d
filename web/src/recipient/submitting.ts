/** Signing a draft, and keeping what was signed on the device before anything is sent. */

import type { Hex } from '../core/hex.ts';
import { toBase64Url } from '../core/hex.ts';
import type { TrackingLink } from '../core/links.ts';
import type { Device, Write } from '../device/device.ts';
import { type Draft, EMPTY_DRAFT, type Outgoing, type Possession } from '../device/records.ts';
import type { Snapshot } from './flow.ts';
import { withoutWords } from './forgetting.ts';
import { keyOf, makeFeedback, makeKeyChange, random32 } from './making.ts';

export interface Wish {
  readonly draft: Draft;
  readonly driver: number;
  readonly language: string;
  readonly revision: number;
  /** Digest of the outgoing feedback that this one is to replace; null where it replaces none. */
  readonly replaces: Hex | null;
}

/** Other feedback on this delivery is on its way, and its receipt must not be lost: wait until it is recorded. */
export class StillOnItsWay extends Error {
  override readonly name = 'StillOnItsWay';
}

/**
 * Signs the wish and keeps it, together with the take-over where this is the device's first feedback on the delivery.
 *
 * A device that keeps nothing signs with the link's key and takes nothing over: its seed would be lost with the page,
 * and nobody could ever amend. Throws StillOnItsWay.
 */
export async function sign(
  device: Device,
  link: TrackingLink,
  origin: string,
  seen: Snapshot,
  wish: Wish,
): Promise<{ possession: Possession | null; outgoing: Outgoing }> {
  if (seen.ledger === null || seen.delivery === null) throw new Error('nothing was read yet');
  const { domain } = seen.ledger;
  const { deliveryId } = link;
  let possession = seen.possession;
  const writes: Write[] = [];
  const seed = possession === null && !seen.delivery.taken_over ? await ownSeed(device) : null;
  if (seed !== null) {
    const key = keyOf(seed, deliveryId);
    const signature = makeKeyChange(domain, link.secret, deliveryId, key);
    possession = { deliveryId, origin, seed, key, signature, stage: 'made' };
    writes.push(['possessions', possession]);
  }
  const made = makeFeedback(domain, possession?.seed ?? link.secret, deliveryId, wish.draft, {
    driver: wish.driver,
    revision: wish.revision,
    language: wish.language,
  });
  const outgoing: Outgoing = {
    deliveryId,
    origin,
    ...made,
    signedAt: Date.now(),
    stage: 'waiting',
    tries: 0,
    intent: null,
    receipt: null,
    receiptHolds: null,
    block: null,
    refused: null,
  };
  writes.push(
    ['drafts', { deliveryId, draft: EMPTY_DRAFT }],
    ['signed', { deliveryId, digest: made.digest, feedback: withoutWords(outgoing).feedback }],
  );
  // Another tab, or the service worker, may have sent something since this one last heard of it.
  const next = (kept: Outgoing | undefined) => (isInTheWay(kept, wish) ? null : outgoing);
  if (!(await device.change('outgoing', deliveryId, next, ...writes))) throw new StillOnItsWay();
  return { possession, outgoing };
}

/** Returns whether writing over `kept` would lose feedback that may still be recorded, or words that never were sent. */
function isInTheWay(kept: Outgoing | undefined, wish: Wish): boolean {
  if (kept === undefined) return false;
  if (kept.stage === 'accepted') return true;
  // On chain, but the next revision was reckoned without it.
  if (kept.stage === 'recorded') return kept.feedback.revision >= wish.revision;
  return kept.digest !== wish.replaces;
}

/**
 * Returns the seed made on this device, a new one where there is none yet; null where the device keeps nothing. It is kept
 * before anything is signed with it: a store may turn out to be full only now.
 */
async function ownSeed(device: Device): Promise<Uint8Array | null> {
  const own = (await device.all('seeds')).find((one) => one.made === 'here');
  if (device.lack !== null) return null;
  if (own !== undefined) return own.seed;
  const seed = random32();
  await device.put(['seeds', { id: toBase64Url(seed), seed, made: 'here', at: Date.now() }]);
  return device.lack === null ? seed : null;
}

export type { Hex };
