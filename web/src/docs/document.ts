/** The service's own description: the part of OpenAPI 3.1 that it uses, and its operations in a list. */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

export interface Media {
  readonly schema?: Schema;
  readonly examples?: Readonly<Record<string, { readonly summary?: string; readonly value: unknown }>>;
}
export type Content = Readonly<Record<string, Media>>;

export interface Answer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description?: string; readonly schema?: Schema }>>;
  readonly content?: Content;
}

interface Described {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
  /** Alternatives; in each, the schemes that are needed together. One without any: nothing is needed. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

export interface SecurityScheme {
  readonly type: string;
  readonly description?: string;
  readonly scheme?: string;
  readonly in?: string;
  readonly name?: string;
}

export interface ApiDocument {
  readonly openapi: string;
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly summary?: string;
    readonly description?: string;
    readonly license?: { readonly name: string };
  };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components?: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>;
  };
}

export interface Operation extends Described {
  /** Of its address on the page: `post-/v1/feedback`. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly tag: string;
}

const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch', 'head', 'options']);

/** Returns whether an answer is a description that this page can show. */
export function isApiDocument(value: unknown): value is ApiDocument {
  const { openapi, info, paths } = (value ?? {}) as Partial<ApiDocument>;
  return typeof openapi === 'string' && openapi.startsWith('3.') && !!info?.title && !!paths;
}

/** Returns every operation, in the document's order. */
export function operationsOf(document: ApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => METHODS.has(method))
      .map(([method, described]) => ({
        ...described,
        id: `${method}-${path}`,
        method: method.toUpperCase(),
        path,
        tag: described.tags?.[0] ?? '',
      })),
  );
}

/** Returns the operations by tag, tags in the order in which they first occur. */
export function byTag(operations: readonly Operation[]): [string, Operation[]][] {
  const groups = new Map<string, Operation[]>();
  for (const one of operations) groups.set(one.tag, [...(groups.get(one.tag) ?? []), one]);
  return [...groups];
}

/** Returns whether every word of `query` occurs in what is said of the operation. */
export function matches(operation: Operation, query: string): boolean {
  const { method, path, summary, description, tag, parameters = [] } = operation;
  const said = [method, path, summary, description, tag, ...parameters.map((one) => one.name)];
  const text = said.join(' ').toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Returns the operation that an address's fragment names, by method and path or by operation id; null for none. */
export function named(operations: readonly Operation[], fragment: string): Operation | null {
  let name = fragment.replace(/^#/, '');
  try {
    name = decodeURIComponent(name);
  } catch {
    // No encoding then: as it stands.
  }
  return operations.find((one) => one.id === name || one.operationId === name) ?? null;
}
