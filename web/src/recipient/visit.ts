/**
 * One recipient's look at one delivery: reads it, follows it live, signs, sends, and remembers on the device.
 *
 * Whatever is signed stands on the device before it is sent, so that closing the page at any point loses nothing.
 */

import { type Hex, toBase64Url } from '../core/hex.ts';
import { readToken, type TrackingLink } from '../core/links.ts';
import { type Device, openDevice } from '../device/device.ts';
import { Bell } from '../device/locks.ts';
import { type Draft, EMPTY_DRAFT, type Possession } from '../device/records.ts';
import { Client } from '../service/client.ts';
import type { Ledger } from '../service/models.ts';
import { withNames } from '../service/names.ts';
import { Problem, Unreachable } from '../service/problems.ts';
import { follow, type StreamState } from '../service/stream.ts';
import { type Holder, nextRevision, notTakenOver, type Snapshot } from './flow.ts';
import { forgetWords, keepRecorded, locksOut, withoutDocuments } from './forgetting.ts';
import { NotThisDelivery, readAsHolder, readDelivery } from './reading.ts';

const AGAIN_MS = 2_000;
const LONGEST_AGAIN_MS = 30_000;
const CUT_MS = 6_000;

const START: Snapshot = {
  obstacle: null,
  ledger: null,
  delivery: null,
  entries: [],
  possession: null,
  outgoing: null,
  holder: 'link',
  forgetful: false,
  online: true,
  readAt: null,
  stale: false,
  closable: false,
};

/** Fires `change` after every change of `now`; `close()` ends everything it started. */
export class Visit extends EventTarget {
  now: Snapshot = START;
  draft: Draft = EMPTY_DRAFT;

  readonly #client: Client;
  readonly #device: Promise<Device>;
  readonly #bell = new Bell();
  readonly #over = new AbortController();
  /** As the service says it in this visit; what the device remembers of it is only for showing and signing without a line. */
  #ledger: Ledger | null = null;
  #following: AbortController | null = null;
  #followed: string | null = null;
  #refreshing: Promise<void> | null = null;
  #refreshAgain = false;
  /** Digest of what the browser was asked to send. */
  #askedFor: Hex | null = null;
  #wait = AGAIN_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #cut: ReturnType<typeof setTimeout> | undefined;
  #live = false;

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
  }

  /** Begins: shows what the device remembers, then what the service says, then follows it. */
  async open(): Promise<void> {
    const device = await this.#device;
    const { deliveryId } = this.link;
    this.draft = (await device.get('drafts', deliveryId))?.draft ?? EMPTY_DRAFT;
    const seen = await device.get('seen', deliveryId);
    if (seen !== undefined)
      this.#show({ ledger: seen.ledger, delivery: seen.delivery, entries: seen.entries, readAt: seen.at });
    this.#show({ forgetful: !device.lasting, online: navigator.onLine });
    await this.#recall();
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
    this.#following?.abort();
    this.#bell.close();
    clearTimeout(this.#timer);
    clearTimeout(this.#cut);
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

  /** Keeps what is being written. */
  async keepDraft(draft: Draft): Promise<void> {
    this.draft = draft;
    const device = await this.#device;
    await device.put(['drafts', { deliveryId: this.link.deliveryId, draft }]);
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
    this.#wait = AGAIN_MS;
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
    await this.#recallOutgoing(device);
    this.#bell.ring(this.link.deliveryId);
  }

  /** Erases text and salt of every comment given on this delivery, for good. Throws Problem or Unreachable. */
  async erase(): Promise<void> {
    await this.#reading().send('DELETE', `/v1/deliveries/${this.link.deliveryId}/content`);
    const device = await this.#device;
    await forgetWords(device, this.link.deliveryId);
    this.draft = EMPTY_DRAFT;
    this.#show({ entries: withoutDocuments(this.now.entries) });
    await this.#recallOutgoing(device);
    this.#bell.ring(this.link.deliveryId);
    await this.refresh();
  }

  /** Keeps another device's seed if it is the one that holds this delivery; throws NotThisDelivery. */
  async importSeed(seed: Uint8Array): Promise<void> {
    const device = await this.#device;
    const { keyOf } = await import('./making.ts');
    const { deliveryId } = this.link;
    const key = keyOf(seed, deliveryId);
    const reader = this.#client.with({ readToken: readToken(seed, deliveryId) });
    const readable = await readDelivery(reader, deliveryId).catch((error: unknown) => {
      if (error instanceof Problem && error.status < 500) return null;
      throw error;
    });
    const known = readable?.delivery ?? this.now.delivery;
    if (known?.recipient_key.toLowerCase() !== key) throw new NotThisDelivery();
    const possession: Possession = {
      deliveryId,
      origin: this.origin,
      seed,
      key,
      signature: null,
      stage: readable === null ? 'recorded' : 'moved',
    };
    await device.put(
      ['seeds', { id: toBase64Url(seed), seed, made: 'imported', at: Date.now() }],
      ['possessions', possession],
    );
    this.#show({ possession, obstacle: null });
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
    const [possession, outgoing] = await Promise.all([
      device.get('possessions', deliveryId),
      device.get('outgoing', deliveryId),
    ]);
    this.#show({ possession: possession ?? null, outgoing: outgoing ?? null });
  }

  async #recallOutgoing(device: Device): Promise<void> {
    this.#show({ outgoing: (await device.get('outgoing', this.link.deliveryId)) ?? null });
  }

  /** Goes on, or rests, as the line comes and goes: no request is tried while the device knows it is offline. */
  #line(): void {
    this.#show({ online: navigator.onLine });
    if (!navigator.onLine) {
      this.#following?.abort();
      this.#followed = null;
      this.#show({ stale: this.now.delivery !== null });
      if (this.now.delivery === null) this.#show({ obstacle: { kind: 'unreachable' } });
      void this.#askToSend();
      return;
    }
    this.#wait = AGAIN_MS;
    void this.refresh();
  }

  #wake(): void {
    this.#wait = AGAIN_MS;
    if (navigator.onLine) void this.refresh();
  }

  async #read(): Promise<void> {
    if (!navigator.onLine) return;
    const device = await this.#device;
    const { deliveryId } = this.link;
    try {
      this.#ledger ??= withNames(await this.#client.get<Ledger>('/v1/ledger'));
      const ledger = this.#ledger;
      this.#show({ ledger });
      const { delivery, entries, token, possession } = await this.#readAsHolder(device);
      const at = Date.now();
      if (this.now.stale || this.now.obstacle !== null) this.#wait = AGAIN_MS;
      await device.put(['seen', { deliveryId, at, ledger, delivery, entries }]);
      this.#show({ delivery, entries, possession, obstacle: null, readAt: at, stale: false });
      this.#show({ holder: await this.#holder(device) });
      this.#follow(token);
      await this.#afterReading(device);
    } catch (error) {
      if (this.#over.signal.aborted) return;
      if (error instanceof Problem && locksOut(error)) await device.remove('seen', deliveryId);
      this.#obstacle(error);
    }
    if (this.#isOnItsWay()) await this.#send();
    else if (this.#mustLookAgain()) this.#later();
  }

  async #readAsHolder(device: Device) {
    return readAsHolder(this.#client, this.link, this.now.possession, await device.all('seeds'), this.origin);
  }

  async #holder(device: Device): Promise<Holder> {
    const { delivery, possession } = this.now;
    if (delivery === null || !delivery.taken_over) return 'link';
    const key = delivery.recipient_key.toLowerCase();
    if (possession?.key === key) return 'device';
    // Taken over with a seed that came here by another delivery's import.
    const { keyOf } = await import('./making.ts');
    const { deliveryId } = this.link;
    for (const { seed } of await device.all('seeds')) {
      if (keyOf(seed, deliveryId) !== key) continue;
      const found: Possession = {
        deliveryId,
        origin: this.origin,
        seed,
        key: keyOf(seed, deliveryId),
        signature: null,
        stage: 'recorded',
      };
      await device.put(['possessions', found]);
      this.#show({ possession: found });
      return 'device';
    }
    return 'somebody-else';
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
    if (error.kind === 'taken-over') {
      const { taken_over_at: at, block } = error.body;
      this.#show({
        obstacle: {
          kind: 'taken-over',
          at: typeof at === 'string' ? at : null,
          block: typeof block === 'number' ? block : null,
        },
      });
    } else if (error.kind === 'not-on-chain-yet') {
      this.#show({ obstacle: { kind: 'not-yet' } });
      this.#later();
    } else {
      const kind = error.status === 404 ? 'unknown' : 'failed';
      this.#show({ obstacle: { kind, detail: error.detail }, delivery: null, entries: [] });
    }
  }

  #follow(token: string): void {
    if (this.#followed === token || this.#over.signal.aborted) return;
    this.#following?.abort();
    this.#following = new AbortController();
    this.#followed = token;
    const signal = AbortSignal.any([this.#following.signal, this.#over.signal]);
    const reader = this.#client.with({ readToken: token });
    this.#live = true;
    let first = true;
    follow(
      reader,
      { delivery: this.link.deliveryId },
      {
        entry: () => void this.refresh(),
        reset: () => {
          // What is shown was read just before following began.
          if (!first) void this.refresh();
          first = false;
        },
        state: (state) => this.#heard(state),
        closed: () => {
          // Not opened again with this token; another one may read, and until then looking has to do.
          this.#live = false;
          void this.refresh();
        },
      },
      signal,
    );
  }

  /** A line that stays cut for a while makes what is shown old news. */
  #heard(state: StreamState): void {
    clearTimeout(this.#cut);
    this.#live = state !== 'queued';
    if (state === 'queued') this.#later();
    if (state === 'live' && this.now.stale) void this.refresh();
    if (state === 'waiting')
      this.#cut = setTimeout(() => {
        if (!this.#over.signal.aborted) this.#show({ stale: true });
      }, CUT_MS);
  }

  #isOnItsWay(): boolean {
    const stage = this.now.outgoing?.stage;
    return stage === 'waiting' || stage === 'accepted';
  }

  /** The read token is still to be moved, or no stream tells what is new. */
  #mustLookAgain(): boolean {
    const { possession, holder, obstacle } = this.now;
    if (obstacle !== null) return false;
    return !this.#live || (holder === 'device' && possession !== null && possession.stage !== 'moved');
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
      this.#wait = AGAIN_MS;
      this.#bell.ring(deliveryId);
      if (this.now.outgoing?.stage !== 'accepted') void this.refresh();
    }
    if (this.#isOnItsWay()) this.#later();
  }

  /** Once for each feedback that waits here. */
  async #askToSend(): Promise<void> {
    const { outgoing, forgetful } = this.now;
    if (forgetful || outgoing?.stage !== 'waiting' || outgoing.digest === this.#askedFor) return;
    this.#askedFor = outgoing.digest;
    this.#show({ closable: await this.sendWhenClosed() });
  }

  /** Comes back after a wait that doubles with each coming back, not with each reason to: many at once are one. */
  #later(): void {
    clearTimeout(this.#timer);
    if (this.#over.signal.aborted) return;
    this.#timer = setTimeout(
      () => {
        this.#wait = Math.min(this.#wait * 2, LONGEST_AGAIN_MS);
        if (!navigator.onLine) return;
        if (this.#ledger !== null && this.#isOnItsWay() && this.now.obstacle === null && !this.now.stale)
          void this.#send();
        else void this.refresh();
      },
      this.#wait * (0.8 + Math.random() * 0.4),
    );
  }

  #show(part: Partial<Snapshot>): void {
    const before = this.now;
    this.now = { ...before, ...part };
    if (!this.#over.signal.aborted) this.dispatchEvent(new Event('change'));
  }
}
