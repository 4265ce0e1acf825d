/**
 * Messages in the reader's language, and numbers, dates and times as they write them.
 *
 * A language is a file of messages named by its tag (`pt.json`); to add one, add a file. `{name}` is filled in; a
 * message with a count is an object by plural category (`one`, `other`, …; Unicode CLDR, `Intl.PluralRules`).
 */

type Message = string | Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>;
export type Messages = Readonly<Record<string, Message>>;
/** How to get a language's messages, by tag. */
export type Catalogue = Readonly<Record<string, () => Promise<Messages>>>;

/** Returns the catalogue of files that `import.meta.glob('./messages/*.json', { import: 'default' })` found. */
export function catalogueOf(files: Record<string, () => Promise<unknown>>): Catalogue {
  return Object.fromEntries(
    Object.entries(files).map(([path, load]) => [
      /([^/]+)\.json$/.exec(path)?.[1] ?? path,
      load as () => Promise<Messages>,
    ]),
  );
}

/** Returns the tag of `catalogue` that fits the reader best; English, or the first, where none does. */
export function bestLanguage(catalogue: Catalogue, wanted: readonly string[]): string {
  const tags = Object.keys(catalogue);
  for (const one of wanted) {
    // A region's own file, then the language's, then any other region's.
    const found =
      tags.find((tag) => tag.toLowerCase() === one.toLowerCase()) ??
      tags.find((tag) => tag === baseOf(one)) ??
      tags.find((tag) => baseOf(tag) === baseOf(one));
    if (found !== undefined) return found;
  }
  return tags.includes('en') ? 'en' : (tags[0] ?? 'en');
}

/**
 * Loads the words that suit `wanted` (by default the browser's languages), or the language that was `chosen`. Formats
 * follow the reader's own region ("en-GB"), as long as it is the same language.
 */
export async function loadWords(
  catalogue: Catalogue,
  wanted: readonly string[] = readersLanguages(),
  chosen: string | null = null,
): Promise<Words> {
  const tag = bestLanguage(catalogue, chosen === null ? wanted : [chosen, ...wanted]);
  const messages = await catalogue[tag]?.();
  const locale = wanted.find((one) => baseOf(one) === baseOf(tag)) ?? tag;
  return new Words(tag, messages ?? {}, locale);
}

function baseOf(tag: string): string {
  return tag.toLowerCase().split('-')[0] ?? '';
}

function readersLanguages(): readonly string[] {
  return globalThis.navigator?.languages ?? ['en'];
}

const DATES = {
  time: {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  },
  clock: { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' },
  date: { year: 'numeric', month: 'short', day: 'numeric' },
  weekday: { weekday: 'long', month: 'long', day: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

export class Words {
  readonly #plurals: Intl.PluralRules;
  readonly #numbers = new Map<string, Intl.NumberFormat>();
  readonly #dates = new Map<string, Intl.DateTimeFormat>();

  constructor(
    /** Of the messages. */
    readonly language: string,
    readonly messages: Messages,
    /** Of numbers and dates. */
    readonly locale: string = language,
  ) {
    this.#plurals = new Intl.PluralRules(language);
  }

  /** Returns the message with its values filled in: numbers as the locale writes them; the key itself where it is missing. */
  t(key: string, values: Readonly<Record<string, string | number>> = {}): string {
    const message = this.messages[key];
    if (message === undefined) return key;
    const text =
      typeof message === 'string'
        ? message
        : (message[this.#plurals.select(Number(values.count ?? 0))] ?? message.other ?? key);
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      return typeof value === 'number' ? this.number(value) : value;
    });
  }

  has(key: string): boolean {
    return key in this.messages;
  }

  number(value: number, digits = 0): string {
    return this.#number('decimal', digits).format(value);
  }

  percent(share: number, digits = 0): string {
    return this.#number('percent', digits).format(share);
  }

  /** Returns date and time with the zone's name, in the reader's zone. */
  time(instant: string | number): string {
    return this.#date('time').format(new Date(instant));
  }

  /** Returns the time of day with seconds and the zone's name: of what is of today. */
  clock(instant: string | number): string {
    return this.#date('clock').format(new Date(instant));
  }

  date(instant: string | number): string {
    return this.#date('date').format(new Date(instant));
  }

  weekday(instant: string | number): string {
    return this.#date('weekday').format(new Date(instant));
  }

  /** Making a format costs many times what using it does, and tables use thousands. */
  #number(style: 'decimal' | 'percent', digits: number): Intl.NumberFormat {
    const key = `${style} ${digits}`;
    let format = this.#numbers.get(key);
    if (format === undefined) {
      format = new Intl.NumberFormat(this.locale, {
        style,
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
      this.#numbers.set(key, format);
    }
    return format;
  }

  #date(form: keyof typeof DATES): Intl.DateTimeFormat {
    let format = this.#dates.get(form);
    if (format === undefined) {
      format = new Intl.DateTimeFormat(this.locale, DATES[form]);
      this.#dates.set(form, format);
    }
    return format;
  }
}
