import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KINDS } from '../../src/features/spec.ts';
import { testProperties } from '../support/history-property.ts';
import { AS_THE_TWIN } from './properties/as-the-twin.ts';
import { TWIN_PACKS } from './properties/twin-packs.ts';

testProperties(AS_THE_TWIN);

test('the pack of the twin has every kind', () => {
  const tried = new Set(TWIN_PACKS[0].pack.plan.features.map((feature) => feature.spec.kind));
  assert.deepEqual([...tried].sort(), KINDS.map(({ name }) => name).sort());
});
