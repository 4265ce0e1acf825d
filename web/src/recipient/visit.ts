/**
 * One recipient's look at one delivery: reads it, follows it live, signs, sends, and remembers on the device.
 *
 * Whatever is signed stands on the device before it is sent, so that closing the page at any point loses nothing.
 */

import type { Hex } from '../core/hex.ts';
import { readToken, type TrackingLink } from '../core/links.ts';
import { type Device, openDevice } from '../device/device.ts';
import { Bell } from '../device/locks.ts';
import { type Draft, EMPTY_DRAFT, type Possession } from '../device/records.ts';
import { Client } from '../service/client.ts';
import type { Delivery, Ledger } from '../service/models.ts';
import { withNames } from '../service/names.ts';
import { Problem, Unreachable } from '../service/problems.ts';
import { nextRevision, notTakenOver, obstacleOf, type Snapshot } from './flow.ts';
import { Following } from './following.ts';
import {
  forgetDelivery,
  forgetErased,
  forgetWords,
  keepRecorded,
  locksOut,
  withoutDocuments,
} from './forgetting.ts';
import { Pace } from './pace.ts';
import { readAsHolder } from './reading.ts';

const START: Snapshot = {
  obstacle: null,
  ledger: null,
  delivery: null,
  entries: [],
  possession: null,
  outgoing: null,
  holder: 'link',
  lack: null,
  signed: [],
  online: true,
  readAt: null,
  stale: false,
  closable: false,
};

/** Fires `change` after every change of `now`; `close()` ends everything it started. */
export class Visit extends EventTarget {
  now: Snapshot = START;
  draft: Draft = EMPTY_DRAFT;
  /** A change of what was said that was begun `after` that revision was recorded, and not sent; null for none. */
  change: { readonly draft: Draft; readonly after: number } | null = null;

  readonly #client: Client;
  readonly #device: Promise<Device>;
  readonly #bell = new Bell();
  readonly #over = new AbortController();
  readonly #following: Following;
  readonly #pace = new Pace(() => this.#back());
  /** As the service says it in this visit; what the device remembers of it is only for showing and signing without a line. */
  #ledger: Ledger | null = null;
  #refreshing: Promise<void> | null = null;
  #refreshAgain = false;
  /** Digest of what the browser was asked to send. */
  #askedFor: Hex | null = null;

  constructor(
    readonly link: TrackingLink,
    readonly origin: string = '',
    device: Promise<Device> = openDevice(),
    /** Has the browser send what waits when this page is closed; false where it cannot. */
    private readonly sendWhenClosed: () => Promise<boolean> = async () => false,
  ) {
    super();
    this.#client = new Client(origin);
    this.#device = device;
    this.#following = new Following(this.#client, link.deliveryId, {
      news: () => void this.refresh(),
      live: () => this.now.stale && void this.refresh(),
      cut: () => this.#show({ stale: true }),
      queued: () => this.#later(),
    });
  }

  /** Begins: shows what the device remembers, then what the service says, then follows it. */
  async open(): Promise<void> {
    const device = await this.#device;
    const { deliveryId } = this.link;
    const writing = await device.get('drafts', deliveryId);
    if (writing !== undefined && writing.after === undefined) this.draft = writing.draft;
    const seen = await device.get('seen', deliveryId);
    if (seen !== undefined) {
      const { ledger, delivery, entries, holder = 'link', at } = seen;
      this.#show({ ledger, delivery, entries, holder, readAt: at });
    }
    this.#show({ lack: device.lack, online: navigator.onLine });
    await this.#recall();
    if (this.#over.signal.aborted) return;
    device.watch(() => {
      this.#show({ lack: device.lack });
      void this.#recall().then(() => this.refresh());
    });
    const on = { signal: this.#over.signal };
    globalThis.addEventListener('online', () => this.#line(), on);
    globalThis.addEventListener('offline', () => this.#line(), on);
    document.addEventListener('visibilitychange', () => document.hidden || this.#wake(), on);
    this.#bell.heard((id) => {
      if (id === deliveryId) void this.#recall().then(() => this.refresh());
    });
    this.#line();
  }

  close(): void {
    this.#over.abort();
    this.#following.rest();
    this.#pace.end();
    this.#bell.close();
  }

  /** Reads everything again; several calls at once become one. */
  async refresh(): Promise<void> {
    if (this.#refreshing !== null) {
      this.#refreshAgain = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#read();
    try {
      await this.#refreshing;
    } finally {
      this.#refreshing = null;
    }
    if (this.#refreshAgain && !this.#over.signal.aborted) {
      this.#refreshAgain = false;
      await this.refresh();
    }
  }

  /** Keeps what is being written: a first feedback, or a change begun `after` that revision was recorded. */
  async keepDraft(draft: Draft, after: number | null = null): Promise<void> {
    if (after === null) this.draft = draft;
    else this.change = { draft, after };
    const device = await this.#device;
    const { deliveryId } = this.link;
    await device.put(['drafts', after === null ? { deliveryId, draft } : { deliveryId, draft, after }]);
  }

  /** Forgets a change that was begun. */
  async dropChange(): Promise<void> {
    const device = await this.#device;
    await device.remove('drafts', this.link.deliveryId, ({ after }) => after !== undefined);
    await this.#recall();
    this.#bell.ring(this.link.deliveryId);
  }

  /**
   * Signs the draft about `driver` and keeps it, in the place of the outgoing feedback whose digest `replaces` is; from
   * then on it goes out by itself as soon as there is a line. Throws StillOnItsWay.
   */
  async submit(draft: Draft, driver: number, language: string, replaces: Hex | null): Promise<void> {
    const device = await this.#device;
    const { sign } = await import('./submitting.ts');
    const { possession, outgoing } = await sign(device, this.link, this.origin, this.now, {
      draft,
      driver,
      language,
      revision: nextRevision(this.now),
      replaces,
    });
    this.draft = EMPTY_DRAFT;
    this.change = null;
    this.#pace.reset();
    this.#show({ possession, outgoing });
    this.#bell.ring(this.link.deliveryId);
    void navigator.storage?.persist?.();
    void this.#send();
  }

  /** Takes feedback back that was not sent yet or was refused. */
  async drop(): Promise<void> {
    const device = await this.#device;
    const { stage, digest } = this.now.outgoing ?? {};
    // What was sent meanwhile stays.
    await device.remove(
      'outgoing',
      this.link.deliveryId,
      (kept) => kept.digest === digest && kept.stage === stage,
    );
    await this.dropChange();
  }

  /** Erases text and salt of every comment given on this delivery, for good. Throws Problem or Unreachable. */
  async erase(): Promise<void> {
    await this.#reading().send('DELETE', `/v1/deliveries/${this.link.deliveryId}/content`);
    const device = await this.#device;
    await forgetWords(device, this.link.deliveryId);
    this.draft = EMPTY_DRAFT;
    this.change = null;
    this.#show({ entries: withoutDocuments(this.now.entries) });
    await this.#recallOutgoing(device);
    this.#bell.ring(this.link.deliveryId);
    await this.refresh();
  }

  /** Keeps another device's seed if it is the one that holds this delivery; throws NotThisDelivery. */
  async importSeed(seed: Uint8Array): Promise<void> {
    const device = await this.#device;
    const { bringSeed } = await import('./holding.ts');
    const { deliveryId } = this.link;
    const possession = await bringSeed(device, this.#client, deliveryId, seed, this.now.delivery);
    this.#show({ possession, obstacle: null, holder: 'device' });
    this.#bell.ring(deliveryId);
    await this.refresh();
  }

  /** The client that reads with whichever token reads now. */
  #reading(): Client {
    const own = this.now.possession?.stage === 'moved' ? this.now.possession.seed : this.link.secret;
    return this.#client.with({ readToken: readToken(own, this.link.deliveryId) });
  }

  async #recall(): Promise<void> {
    const device = await this.#device;
    const { deliveryId } = this.link;
    const [possession, outgoing, writing, all] = await Promise.all([
      device.get('possessions', deliveryId),
      device.get('outgoing', deliveryId),
      device.get('drafts', deliveryId),
      device.all('signed'),
    ]);
    const signed = all.filter((one) => one.deliveryId === deliveryId).map((one) => one.feedback);
    const { draft, after } = writing ?? {};
    this.change = draft === undefined || after === undefined ? null : { draft, after };
    this.#show({ possession: possession ?? null, outgoing: outgoing ?? null, signed });
  }

  async #recallOutgoing(device: Device): Promise<void> {
    this.#show({ outgoing: (await device.get('outgoing', this.link.deliveryId)) ?? null });
  }

  /** Goes on, or rests, as the line comes and goes: no request is tried while the device knows it is offline. */
  #line(): void {
    this.#show({ online: navigator.onLine });
    if (!navigator.onLine) {
      this.#following.rest();
      this.#show({ stale: this.now.delivery !== null });
      if (this.now.delivery === null) this.#show({ obstacle: { kind: 'unreachable' } });
      void this.#askToSend();
      return;
    }
    this.#pace.reset();
    void this.refresh();
  }

  #wake(): void {
    this.#pace.reset();
    if (navigator.onLine) void this.refresh();
  }

  async #read(): Promise<void> {
    if (!navigator.onLine || this.#over.signal.aborted) return;
    const device = await this.#device;
    const { deliveryId } = this.link;
    try {
      this.#ledger ??= withNames(await this.#client.get<Ledger>('/v1/ledger'));
      const ledger = this.#ledger;
      this.#show({ ledger });
      const own = this.now.possession;
      const seeds = await device.all('seeds');
      const read = await readAsHolder(this.#client, this.link, own, seeds, this.origin);
      const { delivery, entries, token } = read;
      const { holder, possession } = await this.#holder(device, delivery, read.possession);
      // Only what was found: what another tab made of ours meanwhile stays.
      if (possession !== null && possession !== own) {
        await device.put(['possessions', possession]);
        this.#show({ possession });
      }
      if (await forgetErased(device, deliveryId, entries)) await this.#recall();
      const at = Date.now();
      if (this.now.stale || this.now.obstacle !== null) this.#pace.reset();
      await device.put(['seen', { deliveryId, at, ledger, delivery, entries, holder }]);
      this.#show({ delivery, entries, holder, obstacle: null, readAt: at, stale: false });
      this.#follow(token);
      await this.#afterReading(device);
    } catch (error) {
      if (this.#over.signal.aborted) return;
      if (error instanceof Problem && locksOut(error)) {
        await forgetDelivery(device, deliveryId);
        this.change = null;
      }
      this.#obstacle(error);
    }
    if (this.#isOnItsWay()) await this.#send();
    else if (this.#mustLookAgain()) this.#later();
  }

  async #holder(device: Device, delivery: Delivery, own: Possession | null) {
    if (!delivery.taken_over) return { holder: 'link', possession: own } as const;
    if (own?.key === delivery.recipient_key.toLowerCase())
      return { holder: 'device', possession: own } as const;
    const { findSeed } = await import('./holding.ts');
    const found = await findSeed(device, delivery, this.origin);
    return { holder: found === null ? 'somebody-else' : 'device', possession: found ?? own } as const;
  }

  async #afterReading(device: Device): Promise<void> {
    await keepRecorded(device, this.link.deliveryId, this.now.entries);
    await this.#recallOutgoing(device);
    const { possession, delivery, ledger } = this.now;
    const again = notTakenOver(this.now);
    if (again !== null) {
      await device.put(['possessions', again]);
      this.#show({ possession: again });
    }
    const isOurs = delivery?.taken_over && possession?.key === delivery.recipient_key.toLowerCase();
    if (isOurs && possession.stage !== 'moved' && ledger !== null) {
      const { moveReadToken } = await import('./holding.ts');
      await moveReadToken(device, this.#client, ledger, possession);
      await this.#recall();
      if (this.now.possession?.stage === 'moved')
        this.#follow(readToken(possession.seed, this.link.deliveryId));
    }
  }

  #obstacle(error: unknown): void {
    if (error instanceof Unreachable || (error instanceof Problem && error.retryable)) {
      this.#show(this.now.delivery === null ? { obstacle: { kind: 'unreachable' } } : { stale: true });
      this.#later();
      return;
    }
    if (!(error instanceof Problem)) {
      this.#show({ obstacle: { kind: 'failed', detail: String(error) } });
      throw error;
    }
    const obstacle = obstacleOf(error);
    this.#show({ obstacle });
    if (obstacle.kind === 'not-yet') this.#later();
    else if (obstacle.kind !== 'taken-over') this.#show({ delivery: null, entries: [] });
  }

  #follow(token: string): void {
    if (!this.#over.signal.aborted) this.#following.with(token);
  }

  #isOnItsWay(): boolean {
    const stage = this.now.outgoing?.stage;
    return stage === 'waiting' || stage === 'accepted';
  }

  /** The read token is still to be moved, or no stream tells what is new. */
  #mustLookAgain(): boolean {
    const { possession, holder, obstacle } = this.now;
    if (obstacle !== null) return false;
    return (
      !this.#following.tells || (holder === 'device' && possession !== null && possession.stage !== 'moved')
    );
  }

  /** Sends what waits and asks what became of what is accepted; comes back until there is nothing to do. */
  async #send(): Promise<void> {
    const ledger = this.#ledger;
    if (this.#over.signal.aborted) return;
    if (!navigator.onLine || ledger === null) return this.#askToSend();
    const device = await this.#device;
    const { sendAll, sendWaiting, settle } = await import('./sending.ts');
    const before = this.now.outgoing;
    const { deliveryId } = this.link;
    const sending = sendWaiting(device, this.#client, deliveryId);
    void this.#askToSend(); // The turn is ours: the service worker only goes on where this page ends, or fails.
    await sending;
    if (before?.stage === 'accepted') await settle(device, this.#client, deliveryId);
    const { checkReceipt } = await import('./holding.ts');
    await checkReceipt(device, ledger, deliveryId);
    await this.#recall();
    void sendAll(device, this.#client, { except: deliveryId });
    if (this.now.outgoing?.stage !== before?.stage) {
      this.#pace.reset();
      this.#bell.ring(deliveryId);
      if (this.now.outgoing?.stage !== 'accepted') void this.refresh();
    }
    if (this.#isOnItsWay()) this.#later();
  }

  /** Once for each feedback that waits here. */
  async #askToSend(): Promise<void> {
    const { outgoing, lack } = this.now;
    if (lack !== null || outgoing?.stage !== 'waiting' || outgoing.digest === this.#askedFor) return;
    this.#askedFor = outgoing.digest;
    this.#show({ closable: await this.sendWhenClosed() });
  }

  #later(): void {
    if (!this.#over.signal.aborted) this.#pace.later();
  }

  #back(): void {
    if (!navigator.onLine) return;
    if (this.#ledger !== null && this.#isOnItsWay() && this.now.obstacle === null && !this.now.stale)
      void this.#send();
    else void this.refresh();
  }

  #show(part: Partial<Snapshot>): void {
    const before = this.now;
    this.now = { ...before, ...part };
    if (!this.#over.signal.aborted) this.dispatchEvent(new Event('change'));
  }
}
