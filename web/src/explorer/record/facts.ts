/** Every raw value of an entry, its packed word unpacked, in the order in which a reader checks them. Pure. */

import { OUTCOMES } from '../../core/vocabulary.ts';
import { unpackDelivery, unpackDriver } from '../../core/words.ts';
import type { Entry } from '../../service/models.ts';
import { pathOf } from '../routes.ts';
import { entryDigest } from './heads.ts';
import { unixSeconds } from './times.ts';

export interface Fact {
  /** As the API, or the contract for parts of a word, names it. */
  readonly name: string;
  readonly value: string;
  readonly href?: string;
  /** Another way to write the same value: Unix seconds of a time. */
  readonly also?: string;
}

export interface Facts {
  readonly item: readonly Fact[];
  readonly word: readonly Fact[];
  readonly place: readonly Fact[];
  readonly head: readonly Fact[];
}

export function factsOf(entry: Entry): Facts {
  return { item: itemFacts(entry), word: wordFacts(entry), place: placeFacts(entry), head: headFacts(entry) };
}

function itemFacts(entry: Entry): Fact[] {
  return Object.entries(entry.item).map(([name, value]) => {
    const text = Array.isArray(value) ? value.join(', ') || '–' : String(value);
    if (name === 'driver' && Number(value) > 0)
      return { name, value: text, href: pathOf.driver(Number(value)) };
    if (/carrier$/.test(name) && Number(value) > 0)
      return { name, value: text, href: pathOf.member(Number(value)) };
    if (['promised_by', 'occurred_at', 'deadline'].includes(name)) return timed(name, text);
    return { name, value: text };
  });
}

function timed(name: string, text: string): Fact {
  try {
    return { name, value: text, also: String(unixSeconds(text)) };
  } catch {
    return { name, value: text }; // Shown as it came: the check names what is wrong with it.
  }
}

function wordFacts(entry: Entry): Fact[] {
  const packed: Fact = { name: 'word', value: entry.word };
  if (entry.kind === 'driver_move') {
    const word = unpackDriver(entry.word);
    if (word === null) return [packed];
    return [
      packed,
      { name: 'key', value: word.key },
      { name: 'carrier', value: String(word.carrier), href: pathOf.member(word.carrier) },
      { name: 'nonce', value: String(word.nonce) },
    ];
  }
  const word = unpackDelivery(entry.word);
  if (word === null) return [packed];
  const outcome = OUTCOMES[word.lastOutcome - 1];
  const state = [
    outcome === undefined ? 'opened' : `last outcome ${word.lastOutcome}: ${outcome}`,
    word.replacedDrivers > 0 ? `${word.replacedDrivers} replaced` : '',
    word.taken ? 'TAKEN' : '',
    word.rateable ? 'RATEABLE' : '',
  ];
  return [
    packed,
    { name: 'recipientKey', value: word.recipientKey },
    {
      name: 'driver',
      value: String(word.driver),
      ...(word.driver > 0 ? { href: pathOf.driver(word.driver) } : {}),
    },
    {
      name: 'promisedBy',
      value: new Date(word.promisedBy * 1000).toISOString().replace('.000', ''),
      also: String(word.promisedBy),
    },
    { name: 'carrier', value: String(word.carrier), href: pathOf.member(word.carrier) },
    { name: 'state', value: state.filter((one) => one !== '').join(' | ') },
    { name: 'revision', value: String(word.revision) },
  ];
}

function placeFacts(entry: Entry): Fact[] {
  const facts: Fact[] = [{ name: 'kind', value: entry.kind }];
  facts.push(
    entry.delivery_id === null
      ? { name: 'delivery_id', value: '–' }
      : { name: 'delivery_id', value: entry.delivery_id, href: pathOf.delivery(entry.delivery_id) },
  );
  for (const name of ['shipper', 'carrier'] as const) {
    const number = entry[name];
    facts.push(
      number === null ? { name, value: '–' } : { name, value: String(number), href: pathOf.member(number) },
    );
  }
  facts.push(
    entry.driver === 0
      ? { name: 'driver', value: '0' }
      : { name: 'driver', value: String(entry.driver), href: pathOf.driver(entry.driver) },
    { name: 'writer', value: entry.writer },
    { name: 'former_driver', value: entry.former_driver ? 'yes' : 'no' },
    { name: 'block', value: String(entry.block), href: pathOf.block(entry.block) },
    { name: 'log_index', value: String(entry.log_index) },
    timed('time', entry.time),
    { name: 'tx_hash', value: entry.tx_hash, href: pathOf.tx(entry.tx_hash) },
  );
  return facts;
}

function headFacts(entry: Entry): Fact[] {
  const { driver, carrier } = entry.head_of;
  const owner =
    driver !== undefined
      ? { value: `driver ${driver}`, href: pathOf.driver(driver) }
      : { value: `carrier ${carrier}`, href: pathOf.member(carrier ?? 0) };
  return [
    { name: 'head_of', ...owner },
    { name: 'entryDigest', value: digestOf(entry) },
    { name: 'head', value: entry.head },
  ];
}

function digestOf(entry: Entry): string {
  try {
    return entryDigest(entry);
  } catch (error) {
    return `– (${(error as Error).message})`;
  }
}
