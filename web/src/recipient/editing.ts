/** The form in hand: whether it is open over what was said, what stands in it, and its signing. One for each visit. */

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
  /** The revision on record when the change was begun. */
  #after = 0;
  /** Digest of the outgoing feedback that the form's is to replace. */
  #replaces: Hex | null = null;

  constructor(
    private readonly host: Pick<ReactiveControllerHost, 'requestUpdate'>,
    private readonly visit: Visit | null,
  ) {}

  get open(): boolean {
    return this.amendment !== null;
  }

  /** The revision that was recorded since the change was begun; null where there is none. */
  get newer(): number | null {
    const recorded = this.#recorded;
    return this.open && recorded > this.#after ? recorded : null;
  }

  get #recorded(): number {
    return this.visit?.now.delivery?.revision ?? 0;
  }

  /** Opens the form with the change that was begun, or else with what was said. */
  amend(said: Draft): void {
    const begun = this.visit?.change ?? { draft: said, after: this.#recorded };
    this.amendment = begun.draft;
    this.#after = begun.after;
    this.host.requestUpdate();
  }

  /** Opens the form with what is on its way, to go in its place. */
  reopen(sent: Outgoing): void {
    this.#replaces = sent.digest;
    this.amend(draftOf(sent));
  }

  /** Closes the form; a change that was begun is kept. */
  leave(): void {
    this.amendment = null;
    this.#replaces = null;
    this.failed = '';
    this.host.requestUpdate();
  }

  /** Keeps what is being written. */
  drafted(draft: Draft): void {
    if (this.open) this.amendment = draft;
    void this.visit?.keepDraft(draft, this.open ? this.#after : null);
  }

  /** Signs and sends; does nothing while that is being done. */
  async submit({ draft, driver }: Submission, language: string): Promise<void> {
    if (this.busy || this.visit === null) return;
    this.busy = true;
    this.#tell('');
    try {
      await this.visit.submit(draft, driver, language, this.#replaces);
      this.leave();
    } catch (error) {
      const waits = error instanceof Error && error.name === 'StillOnItsWay';
      this.#tell(waits ? 'form.onItsWay' : 'form.failed');
    } finally {
      this.busy = false;
      this.host.requestUpdate();
    }
  }

  /** Signs the same anew, in the place of what was refused. */
  async again(sent: Outgoing, language: string): Promise<void> {
    this.#replaces = sent.digest;
    await this.submit({ draft: draftOf(sent), driver: sent.feedback.driver }, language);
  }

  async withdraw(driver: number, language: string): Promise<void> {
    await this.submit({ draft: EMPTY_DRAFT, driver }, language);
  }

  async erase(): Promise<void> {
    this.#tell('');
    try {
      await this.visit?.erase();
    } catch {
      this.#tell('erase.failed');
    }
  }

  #tell(failed: Editing['failed']): void {
    this.failed = failed;
    this.host.requestUpdate();
  }
}
