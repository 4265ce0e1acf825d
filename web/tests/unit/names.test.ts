/** Members' names, whatever they were registered with. */

import { expect, test } from '@playwright/test';
import { shownName } from '../../src/service/names.ts';

const shown = (name: string) => shownName({ name, member: 3 });

test('what turns, hides or breaks text goes; what belongs to a script stays', () => {
  expect(shown('Swift \u202Egpj.sreiruoC\u202C')).toBe('Swift gpj.sreiruoC');
  expect(shown('Swift\u0000\u0007\r\n\u2028Couriers\u200f')).toBe('Swift Couriers');
  expect(shown('Sw\u00adi\u200bft\ufeff\u{e0041}')).toBe('Swift');
  expect(shown('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert(1)>');
  expect(shown('北京快递')).toBe('北京快递');
  expect(shown('می\u200cخواهم')).toBe('\u2068می\u200cخواهم\u2069');
  expect(shown('שליח')).toBe('\u2068שליח\u2069');
});

test('of a name of nothing that can be seen the number is left', () => {
  expect(shown('')).toBe('Member 3');
  expect(shown(' \u200b\u202e\u0007 ')).toBe('Member 3');
  expect(shown('\u200d \u200c\u2800')).toBe('Member 3');
});
