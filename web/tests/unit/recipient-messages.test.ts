/** Every language says everything, with the same places to fill in. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { ISSUES } from '../../src/core/vocabulary.ts';
import { REFUSALS, WAY_NAMES } from '../../src/recipient/refusals.ts';
import { ASPECTS, QUESTIONS } from '../../src/recipient/situation.ts';
import { type Messages, Words } from '../../src/words/words.ts';

const FOLDER = new URL('../../src/recipient/messages/', import.meta.url);
const files = readdirSync(FOLDER);
const messagesOf = (file: string) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Messages;
const english = messagesOf('en.json');

const placesOf = (message: Messages[string] | undefined): string[] => {
  const texts = typeof message === 'string' ? [message] : Object.values(message ?? {});
  return [...new Set(texts.flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();
};

test('there are English, Portuguese of Portugal and of Brazil, German and Chinese', () => {
  expect(files).toEqual(expect.arrayContaining(['en.json', 'pt.json', 'pt-BR.json', 'de.json', 'zh.json']));
});

test('the words for Brazil are none that only Portugal uses', () => {
  const european =
    /ligaç|ficheir|regist[aoe]|dispositiv|encomenda|morada|carácter|aceites?\b|telemóvel|rasto|consigo|noutr|pormenor|\b(por|para|até) si\b|\b(est|continu)\S+ a (procurar|tentar|responder|ser)\b|«|»/i;
  const left = Object.entries(messagesOf('pt-BR.json')).filter(([, text]) =>
    european.test(JSON.stringify(text)),
  );
  expect(left).toEqual([]);
  // The same words would be found in the other file.
  expect(JSON.stringify(messagesOf('pt.json'))).toMatch(european);
});

for (const file of files)
  test(`${file} has every message of en.json, with its places`, () => {
    const messages = messagesOf(file);
    expect(Object.keys(messages).sort()).toEqual(Object.keys(english).sort());
    for (const [key, message] of Object.entries(messages)) {
      expect(placesOf(message), key).toEqual(placesOf(english[key]));
      if (typeof message === 'string') expect(message.trim(), key).not.toBe('');
      else
        for (const category of new Intl.PluralRules(file.replace('.json', '')).resolvedOptions()
          .pluralCategories)
          expect(Object.keys(message), key).toContain(category);
    }
  });

test('what is named by what it says has its words', () => {
  const words = new Words('en', english);
  const wanted = [
    ...ISSUES.map((one) => `issue.${one}`),
    ...ASPECTS.map((one) => `aspect.${one}`),
    ...Object.entries(QUESTIONS).flatMap(([question, choices]) => [
      `ask.${question}`,
      ...choices.map(({ answer }) => `ask.${question}.${answer}`),
    ]),
  ];
  for (const key of wanted) expect(words.has(key), key).toBe(true);
});

test('every message that the sources ask for by name is there', () => {
  const sources = new URL('../../src/recipient/', import.meta.url);
  const asked = readdirSync(sources)
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...readFileSync(new URL(name, sources), 'utf8').matchAll(/\.t\(\s*'([\w.-]+)'/g)])
    .map((match) => match[1] as string);
  expect(asked.length).toBeGreaterThan(50);
  for (const key of asked) expect(Object.keys(english)).toContain(key);
});

for (const file of files)
  test(`${file}: the words of every refusal name exactly the ways on that there are`, () => {
    const messages = messagesOf(file);
    const spoken = Object.keys(messages).filter((key) => key.startsWith('refusal.'));
    expect(spoken.sort()).toEqual(
      Object.keys(REFUSALS)
        .map((code) => `refusal.${code}`)
        .sort(),
    );
    for (const [code, ways] of Object.entries(REFUSALS)) {
      const named = placesOf(messages[`refusal.${code}`]).filter((place) => place !== '{detail}');
      expect(named, code).toEqual(ways.map((way) => `{${way}}`));
    }
    for (const name of Object.values(WAY_NAMES)) expect(messages[name], name).toBeDefined();
  });
