/** How a schema's tree and parameters look: a line for each field, nested ones to unfold. */

import { css, html, nothing, type TemplateResult } from 'lit';
import type { Words } from '../words/words.ts';
import { prose } from './prose.ts';
import { type Field, type Node, within } from './schema.ts';

export const schemaStyles = css`
  ul.fields {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    list-style: none;
    padding: 0;
  }
  ul.fields > li {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--d-1);
    padding-block: var(--d-2);
    border-block-start: 1px solid var(--d-line);
  }
  ul.fields ul.fields,
  .variants {
    margin-inline-start: var(--d-2);
    padding-inline-start: var(--d-3);
    border-inline-start: 2px solid var(--d-line);
  }
  .line {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 var(--d-3);
    min-inline-size: 0;
  }
  .line b {
    font-family: var(--d-mono);
    font-size: 0.9em;
    overflow-wrap: anywhere;
  }
  .line span {
    min-inline-size: 0;
    color: var(--d-ink-soft);
    font-size: var(--d-text-s);
    overflow-wrap: anywhere;
  }
  .line .required {
    color: var(--d-ink);
    font-weight: 600;
  }
  .variants {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--d-2);
    list-style: none;
  }
  .values {
    color: var(--d-ink-soft);
    font-size: var(--d-text-s);
  }
`;

/** Returns the line that says what a value is: its type, bounds and default. */
export function typeWords(words: Words, node: Node): string {
  const named = words.t(`type.${node.type}`);
  const type =
    node.type === 'list'
      ? words.t('type.list-of', {
          type: node.items === null ? words.t('type.any') : typeWords(words, node.items),
        })
      : node.format === ''
        ? named
        : words.t('type.format', { type: named, format: node.format });
  const facts = node.facts.map((fact) => words.t(`fact.${fact.key}`, fact.values));
  return [node.nullable ? words.t('type.nullable', { type }) : type, ...facts].join(', ');
}

/** Returns the tree below a schema: its own line, its values, then what it holds. */
export function schemaView(words: Words, node: Node): TemplateResult {
  return html`${line(words, node)}
    ${node.description === '' ? nothing : prose(node.description)} ${values(words, node)} ${inside(words, node)}`;
}

function line(words: Words, node: Node): TemplateResult {
  return html`<div class="line"><span>${typeWords(words, node)}</span></div>`;
}

/** Returns the fields as a list. `place` says of each where it goes (a parameter's `in`). */
export function fieldsView(words: Words, fields: readonly Field[], place = ''): TemplateResult {
  return html`<ul class="fields">
    ${fields.map(
      ({ name, required, node }) => html`<li>
        <div class="line">
          ${name === null ? html`<span>${words.t('field.any')}</span>` : html`<b>${name}</b>`}
          <span>${typeWords(words, node)}</span>
          ${place === '' ? nothing : html`<span>${place}</span>`}
          ${required ? html`<span class="required">${words.t('field.required')}</span>` : nothing}
        </div>
        ${node.description === '' ? nothing : prose(node.description)} ${values(words, node)}
        ${nested(words, node, name)}
      </li>`,
    )}
  </ul>`;
}

function values(words: Words, node: Node) {
  const found = within(node).values;
  if (found.length === 0) return nothing;
  return html`<p class="values">
    ${words.t('field.values')} ${found.map((one, n) => html`${n === 0 ? '' : ', '}<code>${one}</code>`)}
  </p>`;
}

/** A field's own fields, folded: a reputation in a driver in a page is long. */
function nested(words: Words, node: Node, name: string | null) {
  const count = within(node).fields.length;
  if (count === 0) return inside(words, node);
  return html`<details>
    <summary>${words.t('field.fields', { count, name: name ?? words.t('field.any') })}</summary>
    ${inside(words, node)}
  </details>`;
}

function inside(words: Words, node: Node): TemplateResult | typeof nothing {
  const { fields, variants } = within(node);
  if (fields.length > 0) return fieldsView(words, fields);
  if (variants.length === 0) return nothing;
  // One object or a list of such: what is in it is said once.
  const seen = new Set<string>();
  const again = (one: Node) => seen.size === seen.add(JSON.stringify(within(one))).size;
  return html`<ul class="variants">
    ${variants.map((one) => html`<li>${again(one) ? line(words, one) : schemaView(words, one)}</li>`)}
  </ul>`;
}
