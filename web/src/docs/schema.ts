/** A JSON schema as a tree to read: references followed, null told apart, bounds as facts. */

import type { ApiDocument, Schema } from './document.ts';

export interface Fact {
  /** Of the message that says it. */
  readonly key: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface Node {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'null' | 'object' | 'list' | 'choice' | 'any';
  readonly format: string;
  readonly nullable: boolean;
  readonly description: string;
  readonly facts: readonly Fact[];
  /** The only values it may have, as JSON; empty where there are others. */
  readonly values: readonly string[];
  /** Of an object. */
  readonly fields: readonly Field[];
  /** Of a list. */
  readonly items: Node | null;
  /** Of a choice. */
  readonly variants: readonly Node[];
}

export interface Field {
  /** Null stands for any name. */
  readonly name: string | null;
  readonly required: boolean;
  readonly node: Node;
}

const REFERENCE = '#/components/schemas/';

/** Returns the schema as a tree. What refers to itself ends as a plain object at the second sight. */
export function treeOf(document: ApiDocument, schema: Schema, above: readonly string[] = []): Node {
  if (schema.$ref !== undefined) return followed(document, schema.$ref, schema, above);
  const options = schema.oneOf ?? schema.anyOf;
  if (options !== undefined) return choice(document, schema, options, above);
  return {
    type: typeOf(schema),
    format: schema.format ?? '',
    nullable: false,
    description: schema.description ?? '',
    facts: factsOf(schema),
    values: (schema.const === undefined ? (schema.enum ?? []) : [schema.const]).map(json),
    fields: fieldsOf(document, schema, above),
    items: schema.items === undefined ? null : treeOf(document, schema.items, above),
    variants: [],
  };
}

/** Returns what can be unfolded: an object's fields, or those of what a list holds. */
export function within(node: Node): Node {
  return node.type === 'list' && node.items !== null ? within(node.items) : node;
}

export function json(value: unknown): string {
  return JSON.stringify(value);
}

function followed(
  document: ApiDocument,
  reference: string,
  { description, default: value }: Schema,
  above: readonly string[],
): Node {
  const found = document.components?.schemas?.[reference.slice(REFERENCE.length)];
  const target = found === undefined || above.includes(reference) ? { type: found?.type ?? 'any' } : found;
  const node = treeOf(document, target, [...above, reference]);
  return {
    ...node,
    description: description ?? node.description,
    facts: [...node.facts, ...defaultOf(value)],
  };
}

function choice(
  document: ApiDocument,
  schema: Schema,
  options: readonly Schema[],
  above: readonly string[],
): Node {
  const rest = options.filter((one) => one.type !== 'null');
  const nullable = rest.length < options.length;
  const variants = rest.map((one) => treeOf(document, one, above));
  const [only] = variants;
  if (only !== undefined && variants.length === 1)
    return {
      ...only,
      nullable: nullable || only.nullable,
      description: schema.description ?? only.description,
      facts: [...only.facts, ...factsOf(schema)],
    };
  return {
    type: 'choice',
    format: '',
    nullable,
    description: schema.description ?? '',
    facts: factsOf(schema),
    values: [],
    fields: [],
    items: null,
    variants,
  };
}

function typeOf(schema: Schema): Node['type'] {
  switch (schema.type) {
    case 'array':
      return 'list';
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'null':
    case 'object':
      return schema.type;
    default:
      return 'any';
  }
}

function fieldsOf(document: ApiDocument, schema: Schema, above: readonly string[]): Field[] {
  const fields: Field[] = Object.entries(schema.properties ?? {}).map(([name, one]) => ({
    name,
    required: schema.required?.includes(name) ?? false,
    node: treeOf(document, one, above),
  }));
  if (typeof schema.additionalProperties === 'object')
    fields.push({ name: null, required: false, node: treeOf(document, schema.additionalProperties, above) });
  return fields;
}

function factsOf(schema: Schema): Fact[] {
  const closed = schema.additionalProperties;
  return [
    ...boundsOf('value', schema.minimum, schema.maximum),
    ...boundsOf('length', schema.minLength, schema.maxLength),
    ...boundsOf('items', schema.minItems, schema.maxItems),
    ...(schema.pattern === undefined ? [] : [{ key: 'pattern', values: { pattern: schema.pattern } }]),
    ...defaultOf(schema.default),
    ...(schema.examples ?? []).map((value) => ({ key: 'example', values: { value: json(value) } })),
    ...(closed === undefined || typeof closed === 'object'
      ? []
      : [{ key: closed ? 'open' : 'closed', values: {} }]),
  ];
}

function boundsOf(what: string, least: number | undefined, greatest: number | undefined): Fact[] {
  // A larger one is rounded as JSON is read, and would be said wrong.
  const most = greatest !== undefined && greatest > Number.MAX_SAFE_INTEGER ? undefined : greatest;
  // Not in the reader's locale: these are typed into programs.
  const [min, max] = [String(least), String(most)];
  if (least !== undefined && most !== undefined) return [{ key: `${what}.between`, values: { min, max } }];
  if (least !== undefined) return [{ key: `${what}.least`, values: { min } }];
  return most === undefined ? [] : [{ key: `${what}.most`, values: { max } }];
}

/** A default of null says no more than that the field may be left out. */
function defaultOf(value: unknown): Fact[] {
  return value === undefined || value === null ? [] : [{ key: 'default', values: { value: json(value) } }];
}
