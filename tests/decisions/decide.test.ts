import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { loadConfig } from '../../src/app/config.ts';
import { openScoring } from '../../src/app/scoring.ts';
import { makeStateMemory, viewState } from '../../src/app/shared-state.ts';
import type { BeckonError } from '../../src/base/errors.ts';
import { LIMITS } from '../../src/base/limits.ts';
import type { Decision } from '../../src/decisions/decision.ts';
import { FeatureReader } from '../../src/features/read.ts';
import { readBundles } from '../../src/inference/repository.ts';
import { compilePack } from '../../src/packs/pack.ts';
import { readPackSource } from '../../src/packs/pack-source.ts';

const open = async () => {
  const config = loadConfig({ flags: {}, environment: {}, folder: '.' });
  const pack = compilePack(readPackSource(config.pack));
  const view = viewState(pack, makeStateMemory(pack, 1));
  const { decider } = await openScoring(config, pack, readBundles(pack), view, undefined);
  const told: [string, BeckonError | undefined, Decision | undefined][] = [];
  const ask = (customerId: string): void =>
    decider.decide({ customerId, atMs: undefined }, (error, decision) => told.push([customerId, error, decision]));
  return { ask, told };
};

test('questions of one turn are answered together in the next, as many as a model takes, in order', async () => {
  const { ask, told } = await open();
  const size = LIMITS.scoreChunkRows;
  const asked = Array.from({ length: 2 * size + 1 }, (_, i) => `c${i}`);
  for (const customerId of asked) ask(customerId);
  assert.equal(told.length, 0);
  const seen: number[] = [];
  while (told.length < asked.length) {
    await turn();
    seen.push(told.length);
  }
  assert.deepEqual(seen.slice(-3), [size, 2 * size, asked.length]);
  assert.deepEqual(
    told.map(([customerId, error, decision]) => [customerId, error, decision?.customerId]),
    asked.map((customerId) => [customerId, undefined, customerId]),
  );
});

test('a question on which the code fails is told so, and all others of its turn are answered', async (t) => {
  const { ask, told } = await open();
  const { read } = FeatureReader.prototype;
  const cause = new Error('a bug');
  t.mock.method(FeatureReader.prototype, 'read', function (this: FeatureReader, ...asked: Parameters<typeof read>) {
    if (asked[0] === 'bad') throw cause;
    return read.apply(this, asked);
  });
  for (const customerId of ['a', 'bad', 'b', 'bad', 'c']) ask(customerId);
  while (told.length < 5) await turn();
  assert.deepEqual(
    told.filter(([, error]) => error === undefined).map(([, , decision]) => decision?.customerId),
    ['a', 'b', 'c'],
  );
  for (const [customerId, error] of told) assert.equal(error?.cause, customerId === 'bad' ? cause : undefined);
  for (const [, error] of told) if (error !== undefined) assert.equal(error.code, 'INTERNAL');
});
