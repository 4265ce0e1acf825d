/** `<head-check>`: a record head recomputed on this device, entry by entry, with a green or a red end. */

import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import '../look/d-copy.ts';
import type { Entry } from '../service/models.ts';
import { type Context, stateOf } from './context.ts';
import './explorer-entry.ts';
import { layout } from './explorer-styles.ts';
import type { Difference, Owner } from './record/heads.ts';
import { askNode, NODE, pastedHead } from './record/node.ts';
import { type Checked, checkHead, pagesOf } from './record/running.ts';

/** Properties: `context`, `of` (whose head). */
@customElement('head-check')
export class HeadCheckElement extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property({ attribute: false }) of: Owner = { kind: 'driver', number: 0 };
  @state() private running: { count: number; block: number } | null = null;
  @state() private checked: Checked | null = null;
  @state() private failure: unknown = null;
  @state() private pasted = '';
  #abort = new AbortController();
  #what = '';

  static override styles = [
    controls,
    layout,
    css`
      progress {
        inline-size: 100%;
        block-size: 0.5rem;
        accent-color: var(--d-accent);
      }
      .verdict {
        display: grid;
        gap: var(--d-2);
      }
      .verdict strong {
        font-size: var(--d-text-l);
      }
      .heads {
        display: grid;
        gap: var(--d-2);
        margin-block-start: var(--d-2);
      }
      .heads dt {
        font-size: var(--d-text-s);
        color: var(--d-ink-soft);
      }
      label {
        display: block;
        margin-block-end: var(--d-1);
      }
      textarea {
        font-family: var(--d-mono);
        font-size: var(--d-text-s);
      }
      .node {
        display: grid;
        gap: var(--d-3);
        border-block-start: 1px solid var(--d-line);
        padding-block-start: var(--d-4);
      }
      .at {
        background: var(--d-surface);
        border: 1px solid var(--d-bad);
        border-radius: var(--d-radius-s);
        padding: var(--d-3);
        color: var(--d-ink);
      }
    `,
  ];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#abort.abort();
  }

  override willUpdate(changed: PropertyValues): void {
    const what = `${this.of.kind} ${this.of.number}`;
    if (!changed.has('of') || what === this.#what) return;
    this.#what = what;
    this.#abort.abort();
    this.running = null;
    this.checked = null;
    this.failure = null;
    this.pasted = '';
  }

  override render() {
    if (this.context === null) return nothing;
    const { words } = this.context;
    const again = this.checked !== null || this.failure !== null;
    return html`<section class="card stack">
      <div>
        <h2>${words.t('check.heading')}</h2>
        <p class="soft">${words.t(`check.what.${this.of.kind}`, { number: String(this.of.number) })}</p>
      </div>
      <div class="row">
        <button class=${this.running === null ? 'primary' : ''} @click=${this.#press}>
          ${words.t(this.running !== null ? 'check.stop' : again ? 'check.again' : 'check.start')}
        </button>
      </div>
      ${this.#progress()}
      <div role="status">${this.checked === null ? nothing : this.#verdict(this.checked)}</div>
      ${this.failure === null ? nothing : stateOf(words, this.failure, this.#run)}
      ${this.checked === null ? nothing : this.#node(this.context, this.checked)}
    </section>`;
  }

  #progress() {
    if (this.running === null) return nothing;
    const { words, status } = this.context as Context;
    const { count, block } = this.running;
    const all = Math.max(status.indexed_block ?? 1, block, 1);
    return html`<div>
      <progress max=${all} value=${block} aria-label=${words.t('check.progress')}></progress>
      <p class="small soft number">${words.t('check.so-far', { count, block: String(block) })}</p>
    </div>`;
  }

  #run = async () => {
    const context = this.context as Context;
    this.#abort.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.checked = null;
    this.failure = null;
    this.running = { count: 0, block: 0 };
    const progress = (count: number, last: Entry) => {
      this.running = { count, block: last.block };
    };
    try {
      const pages = pagesOf(context.client, this.of, abort.signal);
      const checked = await checkHead(pages, this.of, progress, abort.signal);
      if (abort.signal.aborted) return;
      this.checked = checked;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.failure = error;
    }
    this.running = null;
  };

  /** One button for both, which the focus stays on. */
  #press = () => {
    if (this.running === null) return void this.#run();
    this.#abort.abort();
    this.running = null;
  };

  #verdict(checked: Checked) {
    const { words } = this.context as Context;
    if (checked.difference !== null) return this.#red(checked, checked.difference);
    return html`<div class="note good verdict" data-verdict="green">
      <strong>✓ ${words.t('check.green', { count: checked.count })}</strong>
      <span>
        ${words.t(checked.count === 0 ? 'check.green-empty' : 'check.green-detail', {
          block: String(checked.block ?? '–'),
        })}
      </span>
      ${this.#head('check.head', checked.head)}
    </div>`;
  }

  #red(checked: Checked, difference: Difference) {
    const context = this.context as Context;
    const { words } = context;
    const { entry, why } = difference;
    return html`<div class="note bad verdict" data-verdict="red">
      <strong>✗ ${words.t('check.red', { count: difference.place })}</strong>
      <span>${words.t(`check.why.${why}`, { detail: difference.detail })}</span>
      ${
        why === 'head' && difference.computed !== null
          ? html`<dl class="heads">
              <dt>${words.t('check.computed')}</dt>
              <dd class="mono">${difference.computed}</dd>
              <dt>${words.t('check.stated')}</dt>
              <dd class="mono">${difference.stated}</dd>
            </dl>`
          : nothing
      }
      ${difference.contradictions.map(
        (one) => html`<span class="mono">${words.t('check.contradiction', { ...one })}</span>`,
      )}
      ${why === 'head' ? html`<span>${words.t(`check.following.${checked.following}`)}</span>` : nothing}
      <span>${words.t('check.at', { block: String(entry.block), log: String(entry.log_index), count: checked.count })}</span>
      <div class="at"><explorer-entry .context=${context} .entry=${entry} open></explorer-entry></div>
    </div>`;
  }

  #head(key: string, head: string) {
    const { words } = this.context as Context;
    return html`<d-copy value=${head} label=${words.t('copy')} copied=${words.t('copied')} name=${words.t(key)}></d-copy>`;
  }

  #node({ words, status }: Context, checked: Checked) {
    const command = askNode(this.of, status.ledger, NODE, checked.block);
    return html`<div class="node">
      <h3>${words.t('node.heading')}</h3>
      <p>${words.t('node.why')}</p>
      <div class="command">
        <span class="small soft">${words.t('node.command', { block: String(checked.block ?? '–') })}</span>
        <d-copy value=${command} label=${words.t('copy')} copied=${words.t('copied')} name=${words.t('self.command')}></d-copy>
      </div>
      <div>
        <label for="head">${words.t('node.label')}</label>
        <textarea
          id="head"
          rows="2"
          autocomplete="off"
          spellcheck="false"
          .value=${this.pasted}
          @input=${this.#paste}
        ></textarea>
      </div>
      <div role="status">${this.#compared(checked)}</div>
    </div>`;
  }

  #paste = (event: Event) => {
    this.pasted = (event.target as HTMLTextAreaElement).value;
  };

  #compared(checked: Checked) {
    const { words } = this.context as Context;
    if (this.pasted.trim() === '') return nothing;
    const head = pastedHead(this.pasted);
    if (head === null) return html`<p class="note watch">${words.t('node.no-head')}</p>`;
    if (checked.difference !== null) {
      const key = checked.difference.stated === head ? 'node.red-stated' : 'node.red-difference';
      return html`<p class="note bad" data-node="red"><strong>✗ ${words.t(key)}</strong></p>`;
    }
    if (head === checked.head)
      return html`<p class="note good" data-node="green">
        <strong>✓ ${words.t('node.same')}</strong> ${words.t('node.same-detail')}
      </p>`;
    const at = checked.heads.indexOf(head);
    return html`<p class="note bad" data-node="red">
      <strong>✗ ${words.t('node.other')}</strong>
      ${at < 0 ? words.t('node.other-detail') : words.t('node.earlier', { place: at + 1, count: checked.count })}
    </p>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'head-check': HeadCheckElement;
  }
}
