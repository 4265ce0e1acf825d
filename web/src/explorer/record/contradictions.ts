/** Values that an entry states twice, held against each other: a head binds one of the two, the reader sees the other. */

import { issuesOf, outcomeNumber } from '../../core/vocabulary.ts';
import { unpackDelivery, unpackDriver } from '../../core/words.ts';
import type { Entry } from '../../service/models.ts';
import { unixSeconds } from './times.ts';

export interface Contradiction {
  /** The field that is shown, e.g. `driver`. */
  readonly field: string;
  readonly stated: string;
  /** Where the head's own value stands, e.g. `item.driver`. */
  readonly against: string;
  readonly bound: string;
}

/** Returns every contradiction within an entry; throws RangeError or SyntaxError for values no entry can have. */
export function contradictions(entry: Entry): Contradiction[] {
  const found: Contradiction[] = [];
  const same = (field: string, stated: unknown, against: string, bound: unknown) => {
    if (stated !== bound) found.push({ field, stated: shown(stated), against, bound: shown(bound) });
  };
  const item = entry.item;
  const names = entry.kind !== 'opening' && entry.kind !== 'key_change';
  const driver = names ? item.driver : 0;
  same('driver', entry.driver, names ? 'item.driver' : 'kind', driver);
  if (entry.delivery_id === null) same('shipper', entry.shipper, 'delivery_id', null);
  else same('shipper', entry.shipper, 'delivery_id', Number(`0x${entry.delivery_id.slice(2, 6)}`));
  if (entry.kind === 'feedback')
    same('item.issues', list(item.issues), 'item.issue_bits', issuesOf(Number(item.issue_bits)).join(', '));
  if (entry.kind === 'driver_move') move(entry, same);
  else delivery(entry, same);
  const owner = entry.driver !== 0 ? { driver: entry.driver } : { carrier: entry.carrier };
  same('head_of', JSON.stringify(entry.head_of), 'driver, carrier', JSON.stringify(owner));
  return found;
}

type Same = (field: string, stated: unknown, against: string, bound: unknown) => void;

function move(entry: Entry, same: Same): void {
  const word = unpackDriver(entry.word);
  same('carrier', entry.carrier, 'item.to_carrier', entry.item.to_carrier);
  same('item.to_carrier', entry.item.to_carrier, 'word.carrier', word?.carrier);
  same('item.nonce', Number(entry.item.nonce) + 1, 'word.nonce', word?.nonce);
}

function delivery(entry: Entry, same: Same): void {
  const { item, kind } = entry;
  const word = unpackDelivery(entry.word);
  const noted = kind === 'note' && item.carrier !== 0;
  if (noted) same('carrier', entry.carrier, 'item.carrier', item.carrier);
  else same('carrier', entry.carrier, 'word.carrier', word?.carrier ?? null);
  if (kind === 'opening') {
    same('item.carrier', item.carrier, 'word.carrier', word?.carrier);
    same('item.recipient_key', lower(item.recipient_key), 'word.recipientKey', word?.recipientKey);
    same('item.promised_by', unixSeconds(item.promised_by), 'word.promisedBy', word?.promisedBy);
  } else if (kind === 'report') {
    // A report that names nobody keeps the driver who was named.
    if (item.driver !== 0) same('item.driver', item.driver, 'word.driver', word?.driver);
    same('item.outcome', outcomeNumber(item.outcome), 'word.state', word?.lastOutcome);
  } else if (kind === 'feedback') {
    same('item.revision', item.revision, 'word.revision', word?.revision);
  } else if (kind === 'key_change') {
    same('item.new_key', lower(item.new_key), 'word.recipientKey', word?.recipientKey);
  }
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function lower(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function shown(value: unknown): string {
  return value === null || value === undefined || value === '' ? '–' : String(value);
}
