/**
 * EIP-712 struct hashes and digests, document hashes, and the record heads' hash chain.
 *
 * Sources: EIP-712, RFC 8785, and the interfaces of the contract DeliveryLedger. `tests/vectors` binds this module, the
 * Python client and the contract.
 */

import { keccak_256 } from '@noble/hashes/sha3.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import canonicalize from 'canonicalize';
import { concat, fromHex, type Hex, toBytes, toHex } from './hex.ts';

/** Type strings as the contract has them: field order is signing order. */
export const TYPE_STRINGS = {
  Opening:
    'Opening(bytes32 deliveryId,address recipientKey,uint16 carrier,uint32 promisedBy,bytes32 recordHash)',
  Report: 'Report(bytes32 deliveryId,uint32 driver,uint8 outcome,uint32 occurredAt,bytes32 evidenceHash)',
  Feedback:
    'Feedback(bytes32 deliveryId,uint32 driver,uint8 overall,uint8 timeliness,uint8 packaging,' +
    'uint8 professionalism,uint8 accuracy,uint32 issues,bytes32 contentHash,uint8 revision)',
  KeyChange: 'KeyChange(bytes32 deliveryId,address newKey)',
  Note: 'Note(bytes32 deliveryId,uint32 driver,uint16 carrier,uint16 kind,bytes32 contentHash)',
  DriverKey: 'DriverKey(uint32 driver,address key,uint32 nonce,uint32 deadline)',
  DriverMove: 'DriverMove(uint32 driver,uint16 from,uint16 to,uint32 nonce,uint32 deadline)',
  Receipt: 'Receipt(bytes32 feedbackDigest,uint32 recordBy)',
  ReadToken: 'ReadToken(bytes32 deliveryId,bytes32 tokenHash)',
} as const;

export type StructName = keyof typeof TYPE_STRINGS;
export type Fields = Readonly<Record<string, number | string>>;

export interface SigningDomain {
  readonly name: string;
  readonly version: string;
  readonly chainId: number;
  readonly verifyingContract: string;
}

export function keccak(bytes: Uint8Array): Hex {
  return toHex(keccak_256(bytes));
}

function word(type: string, value: number | string, name: string): Uint8Array {
  if (type === 'bytes32') return fromHex(String(value), 32);
  if (type === 'address') return concat(new Uint8Array(12), fromHex(String(value), 20));
  const bits = Number(type.slice('uint'.length));
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) >= 2 ** bits)
    throw new RangeError(`${name} is no ${type}: ${value}`);
  return toBytes(value as number, 32);
}

/** Returns the struct's EIP-712 hash; throws RangeError naming a field that is missing or does not fit its type. */
export function structHash(struct: StructName, fields: Fields): Hex {
  const type = TYPE_STRINGS[struct];
  const words = type
    .slice(type.indexOf('(') + 1, -1)
    .split(',')
    .map((field) => {
      const [kind = '', name = ''] = field.split(' ');
      const value = fields[name];
      if (value === undefined) throw new RangeError(`${struct} needs ${name}`);
      return word(kind, value, name);
    });
  return keccak(concat(keccak_256(utf8ToBytes(type)), ...words));
}

/** Returns the domain's separator. */
export function domainSeparator(domain: SigningDomain): Hex {
  const type = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)';
  return keccak(
    concat(
      keccak_256(utf8ToBytes(type)),
      keccak_256(utf8ToBytes(domain.name)),
      keccak_256(utf8ToBytes(domain.version)),
      toBytes(domain.chainId, 32),
      word('address', domain.verifyingContract, 'verifyingContract'),
    ),
  );
}

/** Returns what is signed: the EIP-712 digest of a struct in a domain. */
export function digest(domain: SigningDomain, struct: StructName, fields: Fields): Hex {
  return keccak(
    concat(Uint8Array.of(0x19, 0x01), fromHex(domainSeparator(domain)), fromHex(structHash(struct, fields))),
  );
}

/** Returns `keccak256(salt ‖ RFC 8785 JSON)`; throws TypeError for what canonical JSON cannot hold. */
export function documentHash(salt: Uint8Array, document: unknown): Hex {
  return keccak(concat(salt, utf8ToBytes(canonicalJson(document))));
}

/** Returns the RFC 8785 form of a document. */
export function canonicalJson(document: unknown): string {
  const text = canonicalize(document);
  if (text === undefined) throw new TypeError('this cannot be written as JSON');
  return text;
}

/**
 * Returns the record head after an entry:
 * keccak256(abi.encode(head, entryDigest, word, writer, block number, block time)).
 */
export function nextHead(
  head: string,
  entryDigest: string,
  slot: string,
  writer: string,
  blockNumber: number,
  blockTime: number,
): Hex {
  const hashes = [head, entryDigest, slot].map((one) => fromHex(one, 32));
  const sender = word('address', writer, 'writer');
  return keccak(concat(...hashes, sender, toBytes(blockNumber, 32), toBytes(blockTime, 32)));
}
