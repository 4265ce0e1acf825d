/** "What would change it", held against policy 1 itself: exact integers over the shared vectors' counts. */

import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import {
  fadesIn,
  firstChange,
  KINDS,
  type Kind,
  outlook,
  standingAfter,
} from '../../src/dashboard/change.ts';
import type { Figure, Reputation, Standing } from '../../src/service/models.ts';

interface Case {
  readonly name: string;
  readonly counts_by_age: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly figures: Readonly<Record<string, Figure>>;
  readonly standing: Standing;
  readonly reasons: readonly string[];
}
const VECTORS = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/policy1.json', import.meta.url), 'utf8'),
) as { readonly weights: readonly string[]; readonly cases: readonly Case[] };

const ONE = 2n ** 32n;
const MILLION = 1_000_000n;

function isqrt(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = BigInt(Math.floor(Math.sqrt(Number(value))));
  while (guess * guess > value) guess -= 1n;
  while ((guess + 1n) * (guess + 1n) <= value) guess += 1n;
  return guess;
}

function figure(values: readonly bigint[], alphas: readonly bigint[], sums: readonly bigint[]): Figure {
  const shares = alphas.map((alpha, at) => alpha * ONE + (sums[at] ?? 0n));
  const total = shares.reduce((sum, share) => sum + share, 0n);
  const first = shares.reduce((sum, share, at) => sum + (values[at] ?? 0n) * share, 0n);
  const second = shares.reduce((sum, share, at) => sum + (values[at] ?? 0n) ** 2n * share, 0n);
  const mean = (MILLION * first) / total;
  const half = isqrt(
    (2_705_543n * MILLION * (second * total - first * first) * ONE) / (total * total * (total + ONE)),
  );
  const [least, most] = [(values[0] ?? 0n) * MILLION, (values.at(-1) ?? 0n) * MILLION];
  const low = mean - half < least ? least : mean - half;
  const high = mean + half > most ? most : mean + half;
  const sum = sums.reduce((one, other) => one + other, 0n);
  return {
    low: Number(low),
    mean: Number(mean),
    high: Number(high),
    count: Number((1000n * sum) / ONE),
    n: 0,
  };
}

/** Policy 1's standing of a case's counts with `count` more feedbacks of a kind today. */
function exactly(
  one: Case,
  kind: Kind,
  count: number,
): { standing: Standing; overall: Figure; conduct: Figure } {
  const weighted = (name: string, of = one.counts_by_age) =>
    Object.entries(of).reduce(
      (sum, [age, counts]) =>
        Number(age) >= 0 && Number(age) < 180
          ? sum + BigInt(VECTORS.weights[Number(age)] ?? 0) * BigInt(counts[name] ?? 0)
          : sum,
      0n,
    );
  const more = BigInt(count) * ONE;
  const ratings = [1, 2, 3, 4, 5].map(
    (value) => weighted(`overall_${value}`) + (value === kind.overall ? more : 0n),
  );
  const bad = weighted('conduct') + (kind.conduct ? more : 0n);
  const overall = figure([1n, 2n, 3n, 4n, 5n], [1n, 1n, 1n, 2n, 5n], ratings);
  const conduct = figure([0n, 1n], [19n, 1n], [weighted('feedback') + more - bad, bad]);
  return { standing: standingBy(overall, conduct), overall, conduct };
}

function standingBy(overall: Figure, conduct: Figure): Standing {
  if (overall.count < 10_000) return 'insufficient';
  if (overall.high < 3_500_000 || conduct.low > 50_000) return 'investigate';
  if (overall.low > 4_200_000 && conduct.high < 100_000) return 'recognised';
  if (overall.high < 4_000_000 || conduct.low > 25_000) return 'watch';
  return 'good';
}

function reputation(one: Case): Reputation {
  const { figures, standing, reasons } = one;
  const none = { shares: {}, largest_shipper: null };
  const when = { as_of: '2026-11-22T00:00:00Z', day: '2026-11-22', block: null };
  return { policy: 1, ...when, standing, reasons, figures, variants: {}, counts: {}, ...none };
}

test('the exact figures here are the vectors’ own', () => {
  for (const one of VECTORS.cases) {
    const { overall, conduct, standing } = exactly(one, { overall: 5, conduct: false }, 0);
    for (const [name, found] of Object.entries({ overall, conduct })) {
      const { n: _, ...wanted } = one.figures[name] as Figure;
      expect(found, `${one.name}: ${name}`).toMatchObject(wanted);
    }
    expect(standing, one.name).toBe(one.standing);
  }
});

test('more feedback of today leads where the policy itself would', () => {
  let compared = 0;
  for (const one of VECTORS.cases)
    for (const kind of KINDS)
      for (const count of [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144]) {
        const exact = exactly(one, kind, count);
        // Within a rounding of a bound, figures cannot tell the sides apart.
        if (isClose(exact.overall, exact.conduct)) continue;
        compared++;
        expect(
          standingAfter(reputation(one), kind, count),
          `${one.name}, ${count} of ${JSON.stringify(kind)}`,
        ).toBe(exact.standing);
      }
  expect(compared).toBeGreaterThan(500);
});

function isClose(overall: Figure, conduct: Figure): boolean {
  const near = (value: number, bound: number, by: number) => Math.abs(value - bound) <= by;
  return (
    [3_500_000, 4_000_000].some((bound) => near(overall.high, bound, 300)) ||
    near(overall.low, 4_200_000, 300) ||
    [25_000, 50_000].some((bound) => near(conduct.low, bound, 300)) ||
    near(conduct.high, 100_000, 300) ||
    near(overall.count, 10_000, 1)
  );
}

test('the first change is the first', () => {
  for (const one of VECTORS.cases)
    for (const kind of KINDS) {
      const step = firstChange(reputation(one), kind);
      if (step === null) continue;
      const before = exactly(one, kind, step.count - 1);
      const after = exactly(one, kind, step.count);
      if (isClose(before.overall, before.conduct) || isClose(after.overall, after.conduct)) continue;
      expect(before.standing, one.name).toBe(one.standing);
      expect(after.standing, one.name).toBe(step.standing);
    }
});

test('nine fives of today lack one rating; what is known fades by halves', () => {
  const nine = VECTORS.cases.find((one) => one.name === 'nine fives today are too few') as Case;
  expect(outlook(reputation(nine))).toMatchObject({ missing: 1, fadesIn: null });
  expect(firstChange(reputation(nine), { overall: 5, conduct: false })?.count).toBe(1);
  expect(fadesIn(9_999)).toBeNull();
  expect(fadesIn(10_000)).toBe(1);
  expect(fadesIn(20_000)).toBe(61);
  expect(fadesIn(40_000)).toBe(121);
});
