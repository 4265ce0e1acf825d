/** What the API's page makes of a description: a tree of a schema, runs of a text, a command of an operation. */

import { expect, test } from '@playwright/test';
import { commandsOf, exampleOf } from '../../src/docs/curl.ts';
import {
  type ApiDocument,
  byTag,
  isApiDocument,
  matches,
  named,
  type Operation,
  operationsOf,
  type Schema,
} from '../../src/docs/document.ts';
import { paragraphsOf } from '../../src/docs/prose.ts';
import { treeOf } from '../../src/docs/schema.ts';

const parcel = { type: 'object', properties: { weight: { type: 'integer' } }, required: ['weight'] };
const api: ApiDocument = {
  openapi: '3.1.0',
  info: { title: 'T', version: '1' },
  paths: {
    '/v1/parcels/{id}': {
      get: {
        operationId: 'one_parcel',
        tags: ['parcels'],
        summary: 'A parcel',
        description: 'What is known of it.',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string', examples: ['a/b'] } },
          { name: 'full', in: 'query', required: true, schema: { type: 'boolean', default: false } },
          { name: 'after', in: 'query', schema: { type: 'string' } },
        ],
        responses: { '200': { description: 'It.' } },
        security: [{ Key: [] }, { Token: [] }, {}],
      },
      delete: { tags: ['parcels'], responses: { '200': { description: 'Gone.' } }, security: [{ Key: [] }] },
    },
    '/v1/live': {
      get: {
        tags: ['live'],
        responses: { '200': { description: '', content: { 'text/event-stream': {} } } },
      },
    },
    '/v1/parcels': {
      post: {
        tags: ['parcels'],
        requestBody: {
          content: {
            'application/json': {
              examples: { list: { value: [{ who: "O'Hara" }] }, one: { value: { who: "O'Hara" } } },
            },
          },
        },
        responses: { '202': { description: '' } },
      },
    },
  },
  components: {
    schemas: {
      Parcel: { ...parcel, description: 'One parcel.' },
      Folder: { type: 'object', properties: { inside: { $ref: '#/components/schemas/Folder' } } },
    },
    securitySchemes: {
      Key: { type: 'http', scheme: 'bearer' },
      Token: { type: 'apiKey', in: 'header', name: 'X-Token' },
    },
  },
};
const operations = operationsOf(api);
const [get, remove, live, post] = operations as [Operation, Operation, Operation, Operation];
const tree = (schema: Schema) => treeOf(api, schema);

test('null beside one type makes that type nullable, with the outer words and default', () => {
  const node = tree({
    anyOf: [{ $ref: '#/components/schemas/Parcel' }, { type: 'null' }],
    description: 'Outer.',
    default: null,
  });
  expect(node).toMatchObject({ type: 'object', nullable: true, description: 'Outer.', facts: [] });
  expect(node.fields).toMatchObject([{ name: 'weight', required: true, node: { type: 'integer' } }]);
});

test('several types are a choice, nullable where null is among them', () => {
  const one = { $ref: '#/components/schemas/Parcel' };
  const node = tree({
    oneOf: [one, { type: 'array', items: one, minItems: 1, maxItems: 9 }, { type: 'null' }],
  });
  expect(node).toMatchObject({ type: 'choice', nullable: true });
  expect(node.variants.map((variant) => variant.type)).toEqual(['object', 'list']);
  expect(node.variants[1]?.facts).toEqual([{ key: 'items.between', values: { min: '1', max: '9' } }]);
  expect(node.variants[1]?.items?.description).toBe('One parcel.');
});

test('bounds, patterns, defaults and enums are kept as they are typed', () => {
  const number = tree({ type: 'integer', minimum: 0, maximum: 4294967295, default: 0 });
  expect(number.facts).toEqual([
    { key: 'value.between', values: { min: '0', max: '4294967295' } },
    { key: 'default', values: { value: '0' } },
  ]);
  expect(tree({ type: 'string', maxLength: 3, pattern: '^a$' }).facts.map((fact) => fact.key)).toEqual([
    'length.most',
    'pattern',
  ]);
  expect(
    tree({ type: 'integer', minimum: 0, maximum: 2 ** 63 - 1 }).facts,
    'no bound that is rounded',
  ).toEqual([{ key: 'value.least', values: { min: '0' } }]);
  expect(tree({ type: 'string', examples: ['a'] }).facts).toEqual([
    { key: 'example', values: { value: '"a"' } },
  ]);
  expect(tree({ type: 'integer', minimum: 1 }).facts).toEqual([{ key: 'value.least', values: { min: '1' } }]);
  expect(tree({ type: 'string', enum: ['a', 'b'] }).values).toEqual(['"a"', '"b"']);
  expect(tree({ type: 'object', additionalProperties: false }).facts).toEqual([
    { key: 'closed', values: {} },
  ]);
});

test('names that are free are a field of any name', () => {
  const node = tree({ type: 'object', additionalProperties: { type: 'array', items: { type: 'integer' } } });
  expect(node.fields).toMatchObject([{ name: null, node: { type: 'list', items: { type: 'integer' } } }]);
});

test('what refers to itself ends, and a reference that leads nowhere is any value', () => {
  const node = tree({ $ref: '#/components/schemas/Folder' });
  expect(node.fields[0]?.node).toMatchObject({ type: 'object', fields: [] });
  expect(tree({ $ref: '#/components/schemas/Nothing' }).type).toBe('any');
});

test('text becomes paragraphs of words and code, and nothing of it markup', () => {
  expect(paragraphsOf('One\ntwo `a b`.\n\n<b>three</b>\n')).toEqual([
    [
      { code: false, text: 'One two ' },
      { code: true, text: 'a b' },
      { code: false, text: '.' },
    ],
    [{ code: false, text: '<b>three</b>' }],
  ]);
  expect(paragraphsOf('a ` b')).toEqual([[{ code: false, text: 'a ` b' }]]);
  expect(paragraphsOf('')).toEqual([]);
});

test('operations keep their order and are found by address, id, and every word', () => {
  expect(operations.map((one) => one.id)).toEqual([
    'get-/v1/parcels/{id}',
    'delete-/v1/parcels/{id}',
    'get-/v1/live',
    'post-/v1/parcels',
  ]);
  expect(byTag(operations).map(([tag, those]) => [tag, those.length])).toEqual([
    ['parcels', 3],
    ['live', 1],
  ]);
  expect(named(operations, '#get-/v1/parcels/%7Bid%7D')).toBe(get);
  expect(named(operations, '#one_parcel')).toBe(get);
  expect(named(operations, '#%')).toBeNull();
  expect(named(operations, '')).toBeNull();
  expect(matches(get, 'KNOWN get  full')).toBe(true);
  expect(matches(get, 'known nowhere')).toBe(false);
  expect(matches(remove, '')).toBe(true);
});

test('a command for each way in: examples in the path, needed parameters, credentials from the shell', () => {
  const address = "'http://x/v1/parcels/a%2Fb?full=false'";
  expect(commandsOf(api, get, 'http://x')).toEqual([
    { schemes: ['Key'], text: `curl ${address} \\\n  -H "Authorization: Bearer $KEY"` },
    { schemes: ['Token'], text: `curl ${address} \\\n  -H "X-Token: $TOKEN"` },
    { schemes: [], text: `curl ${address}` },
  ]);
  expect(commandsOf(api, remove, '')[0]?.text).toMatch(/^curl -X DELETE /);
  expect(commandsOf(api, live, '')).toEqual([{ schemes: [], text: "curl -N '/v1/live'" }]);
});

test('a body is its shortest example, safe in single quotes', () => {
  const [command] = commandsOf(api, post, '');
  expect(command?.text).toBe(
    `curl '/v1/parcels' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\n  "who": "O'\\''Hara"\n}'`,
  );
  expect(exampleOf({})).toBeNull();
});

test('only a description of this kind is one', () => {
  expect(isApiDocument(api)).toBe(true);
  for (const other of [null, [], 'x', { openapi: '2.0' }, { openapi: '3.1.0', paths: {} }])
    expect(isApiDocument(other)).toBe(false);
});
