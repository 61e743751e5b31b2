import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killCycles } from './kill-cycles.ts';

test('kill -9 under load, 20 times: no acknowledged event is lost, none is applied twice', async (t) => {
  const report = await killCycles(t, 20);
  t.diagnostic(JSON.stringify(report));
  assert.ok(report.acknowledged > 1000, `${report.acknowledged} acknowledged: too few to say anything`);
  assert.ok(report.records > report.distinct, 'some were sent again');
});
