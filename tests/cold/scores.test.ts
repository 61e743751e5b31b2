import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempFolder } from '../support/temp-folder.ts';
import { compareStates } from './compared-states.ts';

/** `load-tests/cold/scores.ts` does the same with millions. */
test('with room for a third of the customers every score is the one without a bound, and the state hash too', async (t) => {
  const coldPath = join(tempFolder(t), 'cold.db');
  const report = await compareStates({ customers: 3000, rowsMax: 1000, events: 12_000, coldPath });
  assert.ok(report.coldCustomers > 1900, `${report.coldCustomers} customers are on disk`);
  assert.ok(report.evictions > 5000, `${report.evictions} rows have gone to disk`);
});
