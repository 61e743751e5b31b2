import assert from 'node:assert/strict';
import type { FeatureSpec } from '../../src/features/kind.ts';

/**
 * Decayed values are kept as float32, 2^-24 apart, and rounded at each event (twice where time moves on): 100 events of
 * one sign are off by at most 200 × 6e-8. Below the least normal float32 nothing is promised but smallness.
 */
const RELATIVE = 2e-5;
const ABSOLUTE = 1e-30;

/** Kinds whose state is exact and whose answer is a quotient: another order of the sums shows in the last bits of a double. */
const QUOTIENTS = new Set(['rhythm', 'runOut', 'affinity', 'distinct', 'priceSensitivity']);
const LAST_BITS = 1e-9;

/** Names of features whose state is a float: decays, and arithmetic over them. All others are exact. */
const decayingNames = (specs: readonly FeatureSpec[]): Set<string> => {
  const names = new Set<string>();
  for (const spec of specs) {
    const operands = spec.kind === 'derived' ? (spec as unknown as { of: unknown[] }).of : [];
    if (spec.halfLife !== undefined || operands.some((one) => names.has(one as string))) names.add(spec.name);
  }
  return names;
};

/** Fails with the names of all features that differ: exact ones in any bit, decaying ones beyond their tolerance. */
export const assertSameValues = (
  specs: readonly FeatureSpec[],
  found: ReadonlyMap<string, number>,
  wanted: ReadonlyMap<string, number>,
): void => {
  const decaying = decayingNames(specs);
  const differences = specs.flatMap(({ name, kind }) => {
    const a = found.get(name)!;
    const b = wanted.get(name)!;
    const exactly = QUOTIENTS.has(kind) ? LAST_BITS * Math.max(1, Math.abs(b)) : 0;
    const slack = decaying.has(name) ? Math.max(ABSOLUTE, RELATIVE * Math.abs(b)) : exactly;
    return Math.abs(a - b) <= slack && !Object.is(a, -0) ? [] : [`${name}: found ${a}, wanted ${b}`];
  });
  assert.deepEqual(differences, []);
};
