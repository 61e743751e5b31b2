import assert from 'node:assert/strict';
import test from 'node:test';
import { tempFolder } from '../support/temp-folder.ts';
import { stopUnderLoad } from './stop-under-load.ts';

test('a stop under load fails no call that was taken, and loses no event that was acknowledged', async (t) => {
  const dataDir = tempFolder(t);
  for (let cycle = 0; cycle < 2; cycle++) {
    const { failed, scores, batches, appends } = await stopUnderLoad(t, dataDir, cycle);
    assert.deepEqual(failed, []);
    assert.ok(scores > 0 && batches > 0 && appends > 0);
  }
});
