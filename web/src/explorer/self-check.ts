/** `<self-check>`: the commands with which a reader checks without this page. */

import { html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controls } from '../look/controls.ts';
import '../look/d-copy.ts';
import type { Context } from './context.ts';
import { layout } from './explorer-styles.ts';

/** Properties: `context`, `commands`. */
@customElement('self-check')
export class SelfCheck extends LitElement {
  @property({ attribute: false }) context: Context | null = null;
  @property({ attribute: false }) commands: readonly string[] = [];

  static override styles = [controls, layout];

  override render() {
    if (this.context === null) return nothing;
    const { words } = this.context;
    return html`<section class="card stack">
      <div>
        <h2>${words.t('self.heading')}</h2>
        <p class="soft">${words.t('self.what')}</p>
      </div>
      ${this.commands.map(
        (command) =>
          html`<div class="command">
            <span class="small soft">${words.t(`self.${commandName(command)}`)}</span>
            <d-copy value=${command} label=${words.t('copy')} copied=${words.t('copied')} name=${words.t('self.command')}></d-copy>
          </div>`,
      )}
    </section>`;
  }
}

function commandName(command: string): string {
  if (command.startsWith('curl')) return 'curl';
  return command.startsWith('doorstep verify') ? 'verify' : 'history';
}

declare global {
  interface HTMLElementTagNameMap {
    'self-check': SelfCheck;
  }
}
