import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { test } from 'node:test';
import { tempFolder } from '../support/temp-folder.ts';
import { type Fault, runFault, runUntilFailure } from './faults.ts';
import { noStrace } from './strace.ts';

const CASES: readonly (Fault & { readonly hit: 'start' | 'load' })[] = [
  { call: 'pwrite64', error: 'ENOSPC', nth: 4, file: 'log.db-wal', hit: 'start' },
  { call: 'pwrite64', error: 'ENOSPC', nth: 30, file: 'log.db-wal', hit: 'load' },
  { call: 'fsync', error: 'EIO', nth: 12, file: 'log.db-wal', hit: 'load' },
  { call: 'pwrite64', error: 'EIO', nth: 3, file: 'log.db', hit: 'load' },
];

for (const { hit, ...fault } of CASES) {
  const { call, error, nth, file } = fault;
  test(`${error} at ${call} ${nth} of ${file}: nothing is acknowledged any more, nothing is lost`, {
    skip: noStrace,
  }, async (t) => {
    const report = await runFault(t, fault);
    t.diagnostic(JSON.stringify(report));
    assert.equal(report.hit, hit);
    if (hit === 'load') assert.ok(report.acknowledged > 0);
  });
}

test('a disk that stays full ends the service, and nothing that it acknowledged is lost', async (t) => {
  // In blocks of 512 bytes; no file of the service may become larger.
  const under = ['sh', '-c', 'ulimit -f 1400; exec "$0" "$@"'];
  const report = await runUntilFailure(t, realpathSync(tempFolder(t)), { under });
  t.diagnostic(JSON.stringify(report));
  assert.ok(report.hit === 'load' && report.acknowledged > 0);
});
