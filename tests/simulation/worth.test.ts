import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loggingPolicy } from '../../src/simulation/logging-policy.ts';
import { loadMarket } from '../../src/simulation/market.ts';
import { anchorsOf } from '../../src/simulation/report.ts';
import { Setting } from '../../src/simulation/setting.ts';
import { simulate, TOGETHER } from '../../src/simulation/simulate.ts';
import { rivalValues, type SeedValues, worthOf } from '../../src/simulation/worth.ts';

const market = loadMarket('plain');

test('the oracle earns more than the rules, the rules more than chance', async () => {
  const seeds: SeedValues[] = [];
  for (let seed = 31; seed < 34; seed++) seeds.push(await rivalValues({ market, customers: 1200, days: 45, seed }));
  const worth = new Map(worthOf(seeds).map((row) => [row.policy, row]));
  for (const seed of seeds) assert.ok(seed.oracle > seed.rules && seed.oracle > seed.hold, JSON.stringify(seed));
  assert.ok(worth.get('rules')!.worth > 0.05 && worth.get('rules')!.worth < 0.6, JSON.stringify(worth.get('rules')));
  assert.equal(worth.get('oracle')!.worth, 1);
  assert.equal(worth.get('random')!.worth, 0);
});

test('worth is a share of means, with an interval that holds it', () => {
  const seeds = [
    { random: 10, rules: 20, oracle: 50 },
    { random: 0, rules: 30, oracle: 70 },
    { random: 5, rules: 10, oracle: 60 },
  ];
  const [, rules] = worthOf(seeds);
  assert.equal(rules.value, 20);
  assert.ok(Math.abs(rules.worth - 15 / 55) < 1e-12);
  assert.ok(rules.low <= rules.worth && rules.worth <= rules.high);
  assert.ok(rules.low >= 5 / 55 - 1e-9 && rules.high <= 0.5);
});

test('the figures of the logging policy lie inside the bands of practice', async () => {
  for (const seed of [1, 2]) {
    const { figures } = await simulate({
      market,
      customers: 6000,
      days: 60,
      seed,
      policy: loggingPolicy(),
      together: TOGETHER,
    });
    for (const { name, value, holds } of anchorsOf(figures, new Setting(market, seed, 60)))
      assert.ok(holds, `seed ${seed}: ${name} is ${value}`);
  }
});
