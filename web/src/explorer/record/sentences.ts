/** An entry in words: only what the entry says, in the reader's language, with the way to whatever it names. Pure. */

import { issuesOf, OUTCOMES } from '../../core/vocabulary.ts';
import { isWithdrawn } from '../../service/feedback.ts';
import type { Entry, FeedbackItem, Member } from '../../service/models.ts';
import type { Words } from '../../words/words.ts';
import { pathOf } from '../routes.ts';

/** A piece of a sentence: text, or text that leads somewhere. */
export interface Piece {
  readonly text: string;
  readonly href: string | null;
}

export interface Naming {
  readonly words: Words;
  readonly members: readonly Member[];
}

const MARK = '\u0001';

/** Returns a message whose values may be pieces, as pieces in the order in which the language has them. */
export function pieces(
  words: Words,
  key: string,
  values: Readonly<Record<string, string | number | Piece>>,
): Piece[] {
  const links: Piece[] = [];
  const plain: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(values))
    plain[name] = typeof value === 'object' ? `${MARK}${links.push(value) - 1}${MARK}` : value;
  return words
    .t(key, plain)
    .split(MARK)
    .map((text, at) => (at % 2 === 0 ? { text, href: null } : (links[Number(text)] as Piece)))
    .filter((piece) => piece.text !== '');
}

/** Returns the sentence as plain text. */
export function plainText(sentence: readonly Piece[]): string {
  return sentence.map((piece) => piece.text).join('');
}

export function shortHash(hash: string): string {
  return `${hash.slice(0, 6)}…${hash.slice(-4)}`;
}

export function memberPiece(naming: Naming, number: number | null): Piece {
  if (number === null || number === 0) return { text: naming.words.t('ref.nobody'), href: null };
  return { text: memberName(naming, number), href: pathOf.member(number) };
}

export function memberName({ words, members }: Naming, number: number): string {
  const known = members.find((one) => one.member === number);
  return known?.name ?? words.t('ref.member', { number: String(number) });
}

export function driverPiece(words: Words, number: number): Piece {
  return { text: words.t('ref.driver', { number: String(number) }), href: pathOf.driver(number) };
}

export function deliveryPiece(words: Words, id: string): Piece {
  return { text: words.t('ref.delivery', { id: shortHash(id) }), href: pathOf.delivery(id) };
}

/** Returns what an entry says, as a sentence begins: with a capital where the language has them. */
export function sentence(naming: Naming, entry: Entry): Piece[] {
  const [first, ...rest] = saying(naming, entry);
  if (first === undefined) return [];
  const [letter = '', ...others] = first.text;
  return [{ ...first, text: letter.toLocaleUpperCase(naming.words.language) + others.join('') }, ...rest];
}

function saying(naming: Naming, entry: Entry): Piece[] {
  const { words } = naming;
  const values = {
    shipper: memberPiece(naming, entry.shipper),
    carrier: memberPiece(naming, entry.carrier),
    delivery:
      entry.delivery_id === null
        ? { text: words.t('ref.no-delivery'), href: null }
        : deliveryPiece(words, entry.delivery_id),
    driver: entry.driver === 0 ? words.t('ref.nobody') : driverPiece(words, entry.driver),
  };
  switch (entry.kind) {
    case 'opening':
      return pieces(words, 'say.opening', { ...values, promised: time(words, entry.item.promised_by) });
    case 'report':
      return pieces(words, reportKey(entry), values);
    case 'feedback':
      return feedback(words, entry, values);
    case 'key_change':
      return pieces(words, 'say.key_change', values);
    case 'note':
      return pieces(words, noteKey(entry), { ...values, kind: String(entry.item.note_kind) });
    case 'driver_move':
      return pieces(words, 'say.driver_move', {
        ...values,
        from: memberPiece(naming, Number(entry.item.from_carrier)),
      });
    default:
      return [{ text: words.t('say.unknown', { kind: String(entry.kind) }), href: null }];
  }
}

function time(words: Words, instant: unknown): string {
  return words.time(String(instant));
}

function reportKey(entry: Entry): string {
  const outcome = OUTCOMES.find((one) => one === entry.item.outcome);
  if (outcome === undefined) return 'say.report.other';
  return `say.report.${outcome}${entry.driver === 0 ? '.nobody' : ''}`;
}

function noteKey(entry: Entry): string {
  const kind = entry.item.note_kind === 1 ? 'excluded' : entry.item.note_kind === 2 ? 'lifted' : 'other';
  return `say.note.${kind}`;
}

function feedback(
  words: Words,
  entry: Entry,
  values: Readonly<Record<string, string | number | Piece>>,
): Piece[] {
  const item = entry.item as unknown as FeedbackItem;
  const issues = issuesOf(item.issue_bits);
  const about = entry.driver === 0 ? '.nobody' : '';
  const aspects = [item.timeliness, item.packaging, item.professionalism, item.accuracy];
  const kind =
    item.overall > 0
      ? 'rated'
      : aspects.some((one) => one > 0)
        ? 'unrated'
        : issues.length > 0
          ? 'issues'
          : isWithdrawn(item)
            ? 'withdrawn'
            : 'comment';
  const said = pieces(words, `say.feedback.${kind}${about}`, { ...values, overall: item.overall });
  if (issues.length > 0)
    said.push(...pieces(words, 'say.feedback.and-issues', { issues: named(words, issues) }));
  if (item.revision > 1) said.push(...pieces(words, 'say.feedback.revision', { revision: item.revision }));
  return said;
}

function named(words: Words, issues: readonly string[]): string {
  const list = new Intl.ListFormat(words.language, { type: 'conjunction' });
  return list.format(issues.map((one) => words.t(`issue.${one}`)));
}
