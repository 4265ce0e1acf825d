/** The form in hand: whether it is open over what was said, what stands in it, and its signing. */

import type { ReactiveControllerHost } from 'lit';
import type { Hex } from '../core/hex.ts';
import { type Draft, draftOf, EMPTY_DRAFT, type Outgoing } from '../device/records.ts';
import type { Submission } from './rating-form.ts';
import type { Visit } from './visit.ts';

export class Editing {
  /** What is changed of feedback that was given already; null where the form, if any, is for the first. */
  amendment: Draft | null = null;
  busy = false;
  /** Message of what did not work last; '' for nothing. */
  failed: '' | 'form.failed' | 'form.onItsWay' | 'erase.failed' = '';
  /** Digest of the outgoing feedback that the form's is to replace. */
  #replaces: Hex | null = null;

  constructor(
    private readonly host: Pick<ReactiveControllerHost, 'requestUpdate'> & { readonly visit: Visit | null },
  ) {}

  get open(): boolean {
    return this.amendment !== null;
  }

  /** Opens the form with what was said. */
  amend(said: Draft): void {
    this.amendment = said;
    this.host.requestUpdate();
  }

  /** Opens the form with what is on its way, to go in its place. */
  reopen(sent: Outgoing): void {
    this.#replaces = sent.digest;
    this.amend(draftOf(sent));
  }

  leave(): void {
    this.amendment = null;
    this.#replaces = null;
    this.failed = '';
    this.host.requestUpdate();
  }

  /** Keeps what is being written; of an amendment only for as long as the form is open. */
  drafted(draft: Draft): void {
    if (this.open) this.amend(draft);
    else void this.host.visit?.keepDraft(draft);
  }

  /** Signs and sends; true where that worked. */
  async submit({ draft, driver }: Submission, language: string): Promise<boolean> {
    const { visit } = this.host;
    if (this.busy || visit === null) return false;
    this.busy = true;
    this.failed = '';
    this.host.requestUpdate();
    try {
      await visit.submit(draft, driver, language, this.#replaces);
      this.leave();
      return true;
    } catch (error) {
      const waits = error instanceof Error && error.name === 'StillOnItsWay';
      this.failed = waits ? 'form.onItsWay' : 'form.failed';
      return false;
    } finally {
      this.busy = false;
      this.host.requestUpdate();
    }
  }

  /** Signs the same anew, in the place of what was refused. */
  async again(sent: Outgoing, language: string): Promise<boolean> {
    this.#replaces = sent.digest;
    return this.submit({ draft: draftOf(sent), driver: sent.feedback.driver }, language);
  }

  async withdraw(driver: number, language: string): Promise<boolean> {
    return this.submit({ draft: EMPTY_DRAFT, driver }, language);
  }

  async erase(): Promise<void> {
    try {
      await this.host.visit?.erase();
    } catch {
      this.failed = 'erase.failed';
      this.host.requestUpdate();
    }
  }
}
