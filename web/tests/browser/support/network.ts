/** What shops, carriers and other recipients do around a test, over the real API with real signatures. */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { digest, documentHash, type Fields } from '../../../src/core/digests.ts';
import { type Hex, toHex, ZERO_HASH } from '../../../src/core/hex.ts';
import { parseLink, signingKey, type TrackingLink } from '../../../src/core/links.ts';
import { addressOf, sign } from '../../../src/core/signing.ts';
import { Client } from '../../../src/service/client.ts';
import type { Answer, Delivery, Intent, Ledger, OutcomeName } from '../../../src/service/models.ts';
import { Problem, worthRetrying } from '../../../src/service/problems.ts';
import { PYTHON } from './up.ts';

const PATIENCE_MS = 60_000;
const LOOK_MS = 50;

export interface TestMember {
  readonly name: string;
  readonly number: number;
  readonly key: string;
  readonly drivers: readonly number[];
}

export interface OpenDelivery {
  readonly deliveryId: Hex;
  readonly waybill: string;
  /** The whole link, with the secret. */
  readonly link: string;
  readonly carrier: TestMember;
}

export interface Said {
  readonly driver?: number;
  readonly overall: number;
  readonly timeliness?: number;
  readonly packaging?: number;
  readonly professionalism?: number;
  readonly accuracy?: number;
  readonly issues?: number;
  readonly comment?: string;
  readonly revision?: number;
}

let made = 0;

export class Network {
  readonly #client: Client;
  #ledger: Ledger | null = null;

  private constructor(
    readonly origin: string,
    readonly data: string,
    readonly members: { shop: TestMember; carriers: readonly TestMember[]; reviewer: TestMember },
  ) {
    this.#client = new Client(origin);
  }

  static async of(origin: string, data: string): Promise<Network> {
    const kept = JSON.parse(await readFile(join(data, 'credentials.json'), 'utf8')) as {
      members: {
        name: string;
        number: number;
        roles: number;
        api_key: string;
        drivers: [number, number][];
      }[];
    };
    const members = kept.members.map((one) => ({
      name: one.name,
      number: one.number,
      key: one.api_key,
      drivers: one.drivers.flatMap(([first, count]) => Array.from({ length: count }, (_, n) => first + n)),
      roles: one.roles,
    }));
    const [shop] = members.filter((one) => one.roles & 1);
    const [reviewer] = members.filter((one) => one.roles & 4);
    const carriers = members.filter((one) => one.roles & 2);
    if (shop === undefined || reviewer === undefined || carriers.length === 0)
      throw new Error('the sample has a shop, carriers and a reviewer');
    return new Network(origin, data, { shop, carriers, reviewer });
  }

  get carrier(): TestMember {
    return this.members.carriers[0] as TestMember;
  }

  async ledger(): Promise<Ledger> {
    this.#ledger ??= await this.#client.get<Ledger>('/v1/ledger');
    return this.#ledger;
  }

  /** The chain's clock, Unix seconds, floored to the minute as reports have it. */
  async minute(): Promise<number> {
    const status = await this.#client.get<{ chain_time: string }>('/v1/status');
    return Math.floor(Date.parse(status.chain_time) / 60_000) * 60;
  }

  /** Opens a delivery, and waits until it stands in the index. The service makes the link. */
  async open(options: { carrier?: TestMember; promisedInHours?: number } = {}): Promise<OpenDelivery> {
    const carrier = options.carrier ?? this.carrier;
    const promised = (await this.minute()) + (options.promisedInHours ?? 48) * 3600;
    const waybill = `WEB-${process.pid}-${Date.now()}-${made++}`;
    const answer = await this.as(this.members.shop).send<Answer & { link: string }>(
      'POST',
      '/v1/deliveries',
      {
        waybill,
        carrier: carrier.number,
        promised_by: new Date(promised * 1000).toISOString(),
      },
    );
    await this.settled(answer, this.members.shop);
    const delivery = {
      deliveryId: answer.delivery_id as Hex,
      waybill,
      link: this.#here(answer.link),
      carrier,
    };
    await this.until(async () => (await this.delivery(delivery)) !== null, 'the delivery is indexed');
    return delivery;
  }

  /** Reports as the delivery's carrier, and waits until the index has it. */
  async report(delivery: OpenDelivery, outcome: OutcomeName, driver = 0): Promise<void> {
    const by = outcome === 'cancelled' ? this.members.shop : delivery.carrier;
    const answer = await this.as(by).send<Answer>('POST', '/v1/reports', {
      delivery_id: delivery.deliveryId,
      outcome,
      driver,
      occurred_at: new Date((await this.minute()) * 1000).toISOString(),
      key: `${delivery.waybill}-${outcome}-${made++}`,
    });
    await this.settled(answer, by);
    await this.until(
      async () => (await this.delivery(delivery))?.outcome === outcome,
      `${outcome} is indexed`,
    );
  }

  /** Opens a delivery and reports it delivered by the carrier's first driver. */
  async delivered(carrier: TestMember = this.carrier): Promise<OpenDelivery & { driver: number }> {
    const driver = carrier.drivers[0] as number;
    const delivery = await this.open({ carrier });
    await this.report(delivery, 'out_for_delivery', driver);
    await this.report(delivery, 'delivered', driver);
    return { ...delivery, driver };
  }

  /** Signs as whoever holds the link (or another secret, after a take-over), and waits until it is recorded. */
  async feedback(delivery: OpenDelivery, said: Said, secret?: Uint8Array): Promise<Answer> {
    const link = this.link(delivery);
    const content = said.comment === undefined ? null : { comment: said.comment };
    const salt = crypto.getRandomValues(new Uint8Array(32));
    const fields = {
      deliveryId: delivery.deliveryId,
      driver: said.driver ?? 0,
      overall: said.overall,
      timeliness: said.timeliness ?? 0,
      packaging: said.packaging ?? 0,
      professionalism: said.professionalism ?? 0,
      accuracy: said.accuracy ?? 0,
      issues: said.issues ?? 0,
      contentHash: content === null ? ZERO_HASH : documentHash(salt, content),
      revision: said.revision ?? 1,
    };
    const { deliveryId: delivery_id, contentHash: content_hash, ...rest } = fields;
    const answer = await this.#client.send<Answer>('POST', '/v1/feedback', {
      delivery_id,
      content_hash,
      ...rest,
      signature: await this.sign('Feedback', fields, secret ?? link.secret, delivery.deliveryId),
      ...(content === null ? {} : { content, salt: toHex(salt) }),
    });
    await this.settled(answer);
    await this.until(
      async () => (await this.delivery(delivery))?.revision === fields.revision,
      'the feedback is indexed',
    );
    return answer;
  }

  /** Takes a delivery over as another device would; returns that device's seed. */
  async takeOver(delivery: OpenDelivery): Promise<Uint8Array> {
    const seed = crypto.getRandomValues(new Uint8Array(32));
    const newKey = addressOf(signingKey(seed, delivery.deliveryId));
    const fields = { deliveryId: delivery.deliveryId, newKey };
    const answer = await this.#client.send<Answer>('POST', '/v1/key-changes', {
      delivery_id: delivery.deliveryId,
      new_key: newKey,
      signature: await this.sign('KeyChange', fields, this.link(delivery).secret, delivery.deliveryId),
    });
    await this.settled(answer);
    await this.until(
      async () => (await this.delivery(delivery))?.taken_over === true,
      'the take-over is indexed',
    );
    return seed;
  }

  async sign(
    struct: 'Feedback' | 'KeyChange' | 'ReadToken',
    fields: Fields,
    secret: Uint8Array,
    deliveryId: Hex,
  ): Promise<Hex> {
    return sign(digest((await this.ledger()).domain, struct, fields), signingKey(secret, deliveryId));
  }

  link(delivery: OpenDelivery): TrackingLink {
    const url = new URL(delivery.link);
    const link = parseLink(url.pathname, url.hash);
    if (link === null) throw new Error(`no link: ${delivery.link}`);
    return link;
  }

  /** The delivery as its shop sees it; null where it is not indexed. */
  async delivery(delivery: OpenDelivery): Promise<Delivery | null> {
    try {
      return await this.as(this.members.shop).get<Delivery>(`/v1/deliveries/${delivery.deliveryId}`);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    }
  }

  as(member: TestMember): Client {
    return this.#client.with({ key: member.key });
  }

  /** Makes another API key for a member, as its operator does. */
  async newKey(member: TestMember): Promise<string> {
    return (JSON.parse(await this.#doorstep('key', 'add', String(member.number))) as { key: string }).key;
  }

  /** Registers another member, as the network's administrator does; returns its key. The name may be anything. */
  async newMember(name: string, roles: string): Promise<TestMember> {
    const made = JSON.parse(await this.#doorstep('member', 'add', name, '--roles', roles)) as {
      member: number;
      api_key: string;
    };
    await this.until(
      async () =>
        (await this.#client.get<Ledger>('/v1/ledger')).members.some((one) => one.member === made.member),
      'the member is indexed',
    );
    return { name, number: made.member, key: made.api_key, drivers: [] };
  }

  async revoke(key: string): Promise<void> {
    await this.#doorstep('key', 'revoke', key);
  }

  async #doorstep(...args: string[]): Promise<string> {
    const root = resolve(import.meta.dirname, '../../../..');
    const ran = await promisify(execFile)(
      PYTHON,
      ['-m', 'scripts.main', ...args, '--data', this.data, '--json'],
      { cwd: root },
    );
    return ran.stdout;
  }

  private async settled(answer: Answer, member?: TestMember): Promise<void> {
    const client = member === undefined ? this.#client : this.as(member);
    await this.until(async () => {
      const intent = await client.get<Intent>(`/v1/intents/${answer.intent}`);
      if (intent.state === 'rejected' || intent.state === 'set_aside')
        throw new Error(`${intent.kind} came to nothing: ${intent.detail}`);
      return intent.state === 'recorded';
    }, 'it is recorded');
  }

  async until(condition: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        if (await condition()) return;
      } catch (error) {
        if (!worthRetrying(error)) throw error;
      }
      if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }

  /** Links carry the service's public address; the tests' own is another port. */
  #here(link: string): string {
    const url = new URL(link);
    return `${this.origin}${url.pathname}${url.hash}`;
  }
}
