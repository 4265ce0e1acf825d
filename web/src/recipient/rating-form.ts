/** `<rating-form>`: what the recipient says of a delivery, stars first; everything else opens after them. */

import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { bitOf, type IssueName } from '../core/vocabulary.ts';
import { type Draft, EMPTY_DRAFT } from '../device/records.ts';
import { controls } from '../look/controls.ts';
import type { Words } from '../words/words.ts';
import {
  ASPECTS,
  aboutOf,
  answered,
  chipsFor,
  fixed,
  namedMeanwhile,
  QUESTIONS,
  type Question,
  questionsFor,
  reportOf,
  type Situation,
  saysSomething,
  suggestions,
} from './situation.ts';
import './star-rating.ts';
import { formStyles } from './rating-form.styles.ts';
import { moment } from './times.ts';

/** Longest comment, in characters as people count them (UTF-16 units are more). */
export const LONGEST_COMMENT = 2000;

export interface Submission {
  readonly draft: Draft;
  readonly driver: number;
}

/**
 * Properties: `words`, `situation`, `drivers` (whom it may be about, the proposed one first), `carrier` (its name),
 * `draft`, `amends` (feedback stands already), `busy`. Events: `drafted` (detail: the draft), `submitted` (detail: a
 * Submission), `touched` (the first sign that something will be signed), `cancelled`.
 */
@customElement('rating-form')
export class RatingForm extends LitElement {
  @property({ attribute: false }) words!: Words;
  @property({ attribute: false }) situation!: Situation;
  @property({ attribute: false }) drivers: readonly number[] = [0];
  @property() carrier = '';
  @property({ attribute: false }) draft: Draft = EMPTY_DRAFT;
  @property({ type: Boolean }) amends = false;
  @property({ type: Boolean }) busy = false;
  @state() private unfolded = false;
  @state() private choosing = false;
  @state() private wordsAlone = false;
  @state() private missing = false;
  @state() private answers: Partial<Record<Question, string>> = {};

  static override styles = [controls, formStyles];

  override render() {
    const { words, draft } = this;
    const rated = draft.overall > 0;
    const writes = rated || this.wordsAlone || draft.comment !== '';
    return html`<form novalidate @submit=${this.#submit} @pointerdown=${this.#touch} @focusin=${this.#touch}>
      <star-rating
        part="stars"
        exportparts="stars: star-row"
        .value=${draft.overall}
        .legend=${words.t(this.amends ? 'form.overallAgain' : 'form.overall')}
        .name=${(n: number) => words.t('stars.name', { n, word: words.t(`stars.${n}`) })}
        .word=${(n: number) => words.t(`stars.${n}`)}
        @rated=${(event: CustomEvent<number>) => this.#set({ overall: event.detail })}
      ></star-rating>
      ${
        writes
          ? nothing
          : html`<button type="button" class="plain alone" @click=${this.#writeAlone}>${words.t('form.wordsAlone')}</button>`
      }
      <p class="error" role="alert" ?hidden=${!this.missing || saysSomething(draft)}>${words.t('form.needStars')}</p>
      <p class="visually-hidden" role="status">${rated ? words.t('form.opened') : nothing}</p>
      ${rated ? html`${this.#questions()} ${this.#chips()} ${this.#aspects()}` : nothing}
      ${writes ? this.#comment() : nothing} ${this.#about()}
      <div class="actions">
        <button class="primary" part="submit" aria-disabled=${this.busy}>
          ${words.t(this.amends ? 'form.submitAgain' : 'form.submit')}
        </button>
        ${
          this.amends
            ? html`<button type="button" @click=${() => this.dispatchEvent(new Event('cancelled'))}>
                ${words.t('form.cancel')}
              </button>`
            : nothing
        }
      </div>
    </form>`;
  }

  #questions() {
    return questionsFor(this.draft.overall, this.situation).map((question) => {
      const chosen = this.#answerOf(question);
      const at = this.situation.attempted?.at;
      return html`<fieldset class="question">
        <legend>
          ${this.words.t(`ask.${question}`, { time: at === undefined ? '' : moment(this.words, at) })}
        </legend>
        <div class="chips">
          ${QUESTIONS[question].map(
            ({ answer }) => html`<label class="chip"
              ><input
                type="radio"
                name=${question}
                .checked=${live(chosen === answer)}
                @change=${() => this.#answer(question, answer)}
              />${this.words.t(`ask.${question}.${answer}`)}</label
            >`,
          )}
        </div>
      </fieldset>`;
    });
  }

  #chips() {
    const { words, draft } = this;
    const { shown, folded, all } = chipsFor(draft.overall, this.situation, draft.issues);
    const suggested = suggestions(this.situation);
    const open = this.unfolded;
    const listed = open ? all : shown;
    const chip = (issue: IssueName) => html`<label class="chip"
      ><input
        type="checkbox"
        .checked=${live((draft.issues & bitOf(issue)) !== 0)}
        @change=${(event: Event) => this.#flag(issue, (event.target as HTMLInputElement).checked)}
      />${words.t(`issue.${issue}`)}${
        suggested.includes(issue) ? html`<span class="hint">${words.t('form.reported')}</span>` : nothing
      }</label
    >`;
    return html`<fieldset class="issues" part="issues">
      <legend class=${listed.length === 0 ? 'visually-hidden' : ''}>
        ${words.t(draft.overall <= 3 ? 'form.whatWrong' : 'form.flag')}
      </legend>
      <div class="chips">
        ${repeat(listed, (issue) => issue, chip)}
        ${
          folded.length === 0 && !open
            ? nothing
            : html`<button type="button" class="more" aria-expanded=${open} @click=${this.#unfold}>
                ${words.t(open ? 'form.fewer' : shown.length === 0 ? 'form.flag' : 'form.more')}
              </button>`
        }
      </div>
    </fieldset>`;
  }

  #aspects() {
    const { words, draft } = this;
    return html`<fieldset class="aspects" part="aspects">
      <legend>${words.t('form.aspects')} <span class="soft small">${words.t('form.optional')}</span></legend>
      ${ASPECTS.map(
        (aspect) => html`<star-rating
          small
          .value=${draft[aspect]}
          .legend=${words.t(`aspect.${aspect}`)}
          .clear=${words.t('form.clear')}
          .name=${(n: number) => words.t('stars.name', { n, word: words.t(`stars.${n}`) })}
          .word=${(n: number) => words.t(`stars.${n}`)}
          @rated=${(event: CustomEvent<number>) => this.#set({ [aspect]: event.detail })}
        ></star-rating>`,
      )}
    </fieldset>`;
  }

  #comment() {
    const { words, draft } = this;
    const left = LONGEST_COMMENT - [...draft.comment].length;
    return html`<div class="comment" part="comment">
      <label for="comment"
        >${words.t('form.comment')} <span class="soft small">${words.t('form.optional')}</span></label
      >
      <textarea
        id="comment"
        rows="4"
        dir="auto"
        aria-describedby="who count"
        .value=${live(draft.comment)}
        @input=${this.#write}
      ></textarea>
      <p id="count" class=${left < 0 ? 'count error' : 'count soft small'}>
        ${left < 0 ? words.t('form.tooLong', { count: -left }) : words.t('form.left', { count: left })}
      </p>
      <p id="who" class="soft small">${words.t('form.who')}</p>
    </div>`;
  }

  #about() {
    const { words, carrier } = this;
    const driver = aboutOf(this.draft, this.drivers);
    const text =
      driver === 0
        ? words.t('about.nobody', { carrier })
        : words.t('about.driver', { driver: String(driver), carrier });
    return html`<div class="about" part="about">
      <p id="about" tabindex="-1">
        <strong>${text}</strong> ${words.t(driver === 0 ? 'about.signedNobody' : 'about.signed')}
      </p>
      ${this.#meanwhile()}
      ${
        this.drivers.length !== 2
          ? nothing
          : html`<button type="button" class="plain" aria-expanded=${this.choosing} @click=${this.#choose}>
              ${words.t('about.change')}
            </button>`
      }
      ${
        this.drivers.length < 2 || !(this.choosing || this.drivers.length > 2)
          ? nothing
          : html`<fieldset>
              <legend class="small">${words.t('about.choose')}</legend>
              <div class="chips">
                ${this.drivers.map(
                  (number) => html`<label class="chip"
                    ><input
                      type="radio"
                      name="driver"
                      .checked=${live(number === driver)}
                      @change=${() => this.#decide(number)}
                    /><span
                      >${number === 0 ? words.t('about.whole') : words.t('about.number', { driver: String(number) })}${this.#part(number)}</span
                    ></label
                  >`,
                )}
              </div>
            </fieldset>`
      }
    </div>`;
  }

  /** What is reported of one driver among several, with its day: the number alone tells the recipient nothing. */
  #part(driver: number) {
    const report = driver === 0 ? null : reportOf(driver, this.situation.reports);
    if (report === null) return nothing;
    const { words } = this;
    const values = { what: words.t(`report.${report.outcome}`), day: words.weekday(report.at) };
    return html`<span class="hint part">${words.t('about.part', values)}</span>`;
  }

  /** Another driver was named while this was being written: said, never put in by itself. */
  #meanwhile() {
    const { words, carrier } = this;
    const named = namedMeanwhile(this.draft, this.drivers);
    const driver = String(named);
    return html`<p role="status" class=${named === null ? 'visually-hidden' : 'note watch'}>
        ${named === null ? nothing : words.t('about.meanwhile', { driver, carrier })}
      </p>
      ${
        named === null
          ? nothing
          : html`<div class="actions">
              <button type="button" @click=${() => this.#decide(named, true)}>
                ${words.t('about.takeNamed', { driver })}
              </button>
              <button type="button" @click=${() => this.#decide(aboutOf(this.draft, this.drivers), true)}>
                ${words.t('about.leave')}
              </button>
            </div>`
      }`;
  }

  /** The recipient's own decision, knowing whom the reports name now; `read` moves on to what it says then. */
  #decide(driver: number, read = false) {
    this.#set({ driver, proposed: this.drivers[0] ?? 0 });
    if (read)
      void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('#about')?.focus());
  }

  #answerOf(question: Question): string | undefined {
    const flagged = QUESTIONS[question].find(
      ({ flags }) => flags !== null && (this.draft.issues & bitOf(flags)) !== 0,
    );
    return flagged?.answer ?? this.answers[question];
  }

  #answer(question: Question, answer: string) {
    this.answers = { ...this.answers, [question]: answer };
    this.#set({ issues: answered(this.draft.issues, question, answer) });
  }

  #flag(issue: IssueName, on: boolean) {
    const bit = bitOf(issue);
    this.#set({ issues: on ? this.draft.issues | bit : this.draft.issues & ~bit });
  }

  #writeAlone = async () => {
    this.wordsAlone = true;
    await this.updateComplete;
    this.renderRoot.querySelector('textarea')?.focus();
  };

  #write = (event: Event) => this.#set({ comment: (event.target as HTMLTextAreaElement).value });
  #unfold = () => {
    this.unfolded = !this.unfolded;
  };
  #choose = () => {
    this.choosing = !this.choosing;
  };
  #touch = () => this.dispatchEvent(new Event('touched'));

  #set(part: Partial<Draft>) {
    this.draft = fixed({ ...this.draft, ...part }, this.drivers);
    this.dispatchEvent(new CustomEvent<Draft>('drafted', { detail: this.draft }));
  }

  #submit = (event: Event) => {
    event.preventDefault();
    if (this.busy) return;
    if (!saysSomething(this.draft)) {
      this.missing = true;
      this.renderRoot.querySelector('star-rating')?.renderRoot.querySelector('input')?.focus();
      return;
    }
    if ([...this.draft.comment].length > LONGEST_COMMENT) {
      this.renderRoot.querySelector('textarea')?.focus();
      return;
    }
    this.dispatchEvent(
      new CustomEvent<Submission>('submitted', {
        detail: { draft: this.draft, driver: aboutOf(this.draft, this.drivers) },
      }),
    );
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'rating-form': RatingForm;
  }
}
