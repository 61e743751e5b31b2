import assert from 'node:assert/strict';
import test from 'node:test';
import { compareDoors } from './same-decisions.ts';

test('HTTP and gRPC give the same decision for the same question, or refuse it with the same code', async (t) => {
  const questions = 300;
  const { advised, refused } = await compareDoors(t, questions, 7);
  assert.ok(advised > questions / 4 && refused > 0 && refused < questions / 4, `${advised} ${refused}`);
});
