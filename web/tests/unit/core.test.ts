/** The vectors that bind pages, Python client and contract. */

import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import {
  canonicalJson,
  digest,
  documentHash,
  domainSeparator,
  type Fields,
  keccak,
  nextHead,
  type SigningDomain,
  type StructName,
  structHash,
  TYPE_STRINGS,
} from '../../src/core/digests.ts';
import { concat, fromHex, type Hex, toBase64Url, toHex } from '../../src/core/hex.ts';
import { parseLink, readToken, readTokenHash, signingKey } from '../../src/core/links.ts';
import { addressOf, sign, signerOf } from '../../src/core/signing.ts';

function vectors<T>(name: string): T {
  return JSON.parse(
    readFileSync(new URL(`../../../tests/vectors/${name}.json`, import.meta.url), 'utf8'),
  ) as T;
}

interface Eip712 {
  domain: SigningDomain;
  separator: Hex;
  privateKey: Hex;
  signer: string;
  cases: { struct: StructName; fields: Fields; structHash: Hex; digest: Hex; signature: Hex }[];
}

test('struct hashes, digests and signatures are the shared vectors', () => {
  const all = vectors<Eip712>('eip712');
  expect(domainSeparator(all.domain)).toBe(all.separator);
  const key = fromHex(all.privateKey);
  expect(addressOf(key)).toBe(all.signer.toLowerCase());
  expect(new Set(all.cases.map((one) => one.struct))).toEqual(new Set(Object.keys(TYPE_STRINGS)));
  for (const one of all.cases) {
    expect(structHash(one.struct, one.fields), one.struct).toBe(one.structHash);
    expect(digest(all.domain, one.struct, one.fields), one.struct).toBe(one.digest);
    expect(sign(one.digest, key), one.struct).toBe(one.signature);
    expect(signerOf(one.digest, one.signature)).toBe(all.signer.toLowerCase());
  }
});

test('a field that is missing or does not fit its type is refused by name', () => {
  const change = { deliveryId: `0x${'11'.repeat(32)}`, newKey: `0x${'22'.repeat(20)}` };
  expect(() => structHash('KeyChange', { deliveryId: change.deliveryId })).toThrow('newKey');
  expect(() => structHash('KeyChange', { ...change, newKey: '0x22' })).toThrow('20 bytes');
  expect(() => structHash('Receipt', { feedbackDigest: change.deliveryId, recordBy: 2 ** 32 })).toThrow(
    'recordBy',
  );
});

interface Documents {
  documents: { salt: Hex; document: unknown; canonical: string; hash: Hex }[];
  deliveryIds: { shipper: number; salt: Hex; waybill: string; deliveryId: Hex }[];
}

test('documents and delivery ids hash as the shared vectors', () => {
  const all = vectors<Documents>('documents');
  expect(all.documents.length).toBeGreaterThan(3);
  for (const one of all.documents) {
    expect(canonicalJson(one.document)).toBe(one.canonical);
    expect(documentHash(fromHex(one.salt), one.document)).toBe(one.hash);
  }
  for (const one of all.deliveryIds) {
    const hash = keccak(concat(fromHex(one.salt), new TextEncoder().encode(one.waybill)));
    expect(`0x${one.shipper.toString(16).padStart(4, '0')}${hash.slice(2, 62)}`).toBe(one.deliveryId);
  }
});

interface Links {
  secret: Hex;
  deliveryId: Hex;
  signingKey: Hex;
  recipientKey: Hex;
  readToken: Hex;
  readTokenHash: Hex;
}

test('links give the keys and tokens of the shared vectors', () => {
  for (const one of vectors<Links[]>('links')) {
    const secret = fromHex(one.secret);
    const link = parseLink(`/t/${one.deliveryId}`, `#${toBase64Url(secret)}`);
    expect(link).toEqual({ deliveryId: one.deliveryId, secret });
    const key = signingKey(secret, one.deliveryId);
    expect(toHex(key)).toBe(one.signingKey);
    expect(addressOf(key)).toBe(one.recipientKey.toLowerCase());
    const token = readToken(secret, one.deliveryId);
    expect(token).toBe(toBase64Url(fromHex(one.readToken)));
    expect(readTokenHash(token)).toBe(one.readTokenHash);
  }
});

test('what is no link is none', () => {
  const id = `0x${'ab'.repeat(32)}`;
  const secret = 'A'.repeat(43);
  expect(parseLink(`/t/${id}`, `#${secret}`)).not.toBeNull();
  for (const [path, fragment] of [
    [`/t/${id}`, ''],
    [`/t/${id}`, `#${secret}A`],
    [`/t/${id}`, `#${secret.slice(1)}B`],
    [`/t/${id.slice(0, -2)}`, `#${secret}`],
    ['/t/', `#${secret}`],
  ] as const)
    expect(parseLink(path, fragment), `${path}${fragment}`).toBeNull();
});

interface Step {
  head: Hex;
  entryDigest: Hex;
  word: Hex;
  writer: Hex;
  blockNumber: number;
  blockTime: number;
  next: Hex;
}

test('record heads follow the shared vectors', () => {
  for (const one of vectors<Step[]>('heads'))
    expect(nextHead(one.head, one.entryDigest, one.word, one.writer, one.blockNumber, one.blockTime)).toBe(
      one.next,
    );
});
