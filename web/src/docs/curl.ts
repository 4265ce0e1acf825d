/** The command that calls an operation, with its examples filled in; to be pasted into a POSIX shell. */

import type { ApiDocument, Content, Operation, Parameter, Schema, SecurityScheme } from './document.ts';

export interface Command {
  /** The security schemes whose credentials it sends, from `$KEY` and `$TOKEN`; none: for anyone. */
  readonly schemes: readonly string[];
  readonly text: string;
}

/** Returns a command for each way in, in the order of the document. */
export function commandsOf(document: ApiDocument, operation: Operation, origin: string): Command[] {
  return (operation.security ?? [{}]).map((needed) => {
    const schemes = Object.keys(needed);
    const known = document.components?.securitySchemes ?? {};
    return {
      schemes,
      text: command(
        operation,
        origin,
        schemes.flatMap((one) => known[one] ?? []),
      ),
    };
  });
}

/** Returns the header that carries a scheme's credential, from the shell's variable. */
export function credential(scheme: SecurityScheme): string {
  return scheme.type === 'http' ? 'Authorization: Bearer $KEY' : `${scheme.name}: $TOKEN`;
}

/** Returns the shortest example of a body, as it is sent; null where there is none. */
export function exampleOf(content: Content): { readonly type: string; readonly text: string } | null {
  const [found] = Object.entries(content);
  if (found === undefined) return null;
  const [type, media] = found;
  const texts = Object.values(media.examples ?? {}).map((one) => printed(one.value));
  const [text] = texts.sort((a, b) => a.length - b.length);
  return text === undefined ? null : { type, text };
}

/** Returns an example as people read it. */
export function printed(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function command(operation: Operation, origin: string, schemes: readonly SecurityScheme[]): string {
  const words = ['curl'];
  if (operation.method !== 'GET' && operation.method !== 'POST') words.push('-X', operation.method);
  if (operation.responses['200']?.content?.['text/event-stream'] !== undefined) words.push('-N');
  words.push(quoted(origin + address(operation)));
  const lines = [words.join(' ')];
  for (const scheme of schemes) lines.push(`-H "${credential(scheme)}"`);
  const body = operation.requestBody === undefined ? null : exampleOf(operation.requestBody.content);
  if (body !== null) lines.push(`-H ${quoted(`Content-Type: ${body.type}`)}`, `-d ${quoted(body.text)}`);
  else if (operation.method === 'POST') lines.push('-X POST');
  return lines.join(' \\\n  ');
}

function address({ path, parameters = [] }: Operation): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const one of parameters) {
    if (one.in === 'path') filled = filled.replace(`{${one.name}}`, encodeURIComponent(sample(one)));
    else if (one.in === 'query' && one.required) query.set(one.name, sample(one));
  }
  return query.size === 0 ? filled : `${filled}?${query}`;
}

function sample({ name, schema }: Parameter): string {
  const { examples, default: value, minimum }: Schema = schema;
  return String(examples?.[0] ?? value ?? minimum ?? name);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
