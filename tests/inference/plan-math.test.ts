import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { planRows } from '../support/plan-runs.ts';

const SPECIAL = [0, -0, Infinity, -Infinity, Number.NaN, 1, -1, 2 ** -149, -(2 ** -149), 3.4028235e38, -3.4028235e38];

/** Every magnitude of float32, both signs, and densely where these functions bend. */
const numbers = Float32Array.from([
  ...SPECIAL,
  ...Array.from({ length: 40_000 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 2 ** (-149 + (277 * i) / 40_000)),
  ...Array.from({ length: 40_000 }, (_, i) => -20 + i / 1000),
  ...Array.from({ length: 20_000 }, (_, i) => -110 + i / 100),
]);

/** Distance to the next float32 above it. */
const ulp = (truth: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(truth)))) - 23);

const FUNCTIONS: [string, (x: number) => number, number][] = [
  ['Log', Math.log, 1.5],
  ['Exp', Math.exp, 1.5],
  ['Sigmoid', (x) => 1 / (1 + Math.exp(-x)), 2.5],
  ['Tanh', Math.tanh, 2.5],
];

for (const [op, truly, ulps] of FUNCTIONS) {
  test(`${op} is at most ${ulps} units in the last place from the truth, and right where there is no number`, () => {
    const got = planRows({ inputs: 1, outputs: 1, nodes: [[op, ['x'], 'y']] }, numbers);
    for (const [i, x] of numbers.entries()) {
      const truth = Math.fround(truly(x));
      if (!Number.isFinite(truth)) assert.equal(got[i], truth, `${op}(${x})`);
      else if (truth === 0) assert(got[i] === 0, `${op}(${x}) is ${got[i]}`);
      else {
        const off = Math.abs(got[i] - truly(x)) / ulp(truth);
        // 1 / (1 + e^89) and less has no float32 before the last step.
        if (op === 'Sigmoid' && x < -87) assert(got[i] >= 0 && got[i] < 2e-38, `${op}(${x}) is ${got[i]}`);
        else assert(off <= ulps, `${op}(${x}) is ${got[i]}, not ${truth}: ${off}`);
      }
    }
  });
}
