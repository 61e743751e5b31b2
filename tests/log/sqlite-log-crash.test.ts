import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { readAll, recordsAt } from './groups.ts';

const CHILD = join(import.meta.dirname, 'append-child.ts');

const startChild = (t: TestContext, command: string, args: readonly string[]): ChildProcess => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
};

/** Every group of the ledger is in the log, byte for byte, and the log has no gaps. */
const assertNothingLost = async (t: TestContext, logPath: string, ledgerPath: string): Promise<number> => {
  const log = SqliteLog.open(logPath);
  t.after(() => log.close());
  const groups = new Map((await readAll(log)).map((group) => [group.firstOffset, group]));
  const lines = readFileSync(ledgerPath, 'utf8').trimEnd().split('\n');
  for (const line of lines) {
    const [firstOffset, count, bytes] = line.split(' ').map(Number);
    const group = groups.get(firstOffset);
    assert.equal(group?.count, count, `acknowledged group at ${firstOffset}`);
    assert.ok(Buffer.from(group.records).equals(recordsAt(firstOffset, bytes)), `records at ${firstOffset}`);
  }
  await log.close();
  return lines.length;
};

test('kill -9 while groups are appended loses no acknowledged group', async (t) => {
  const folder = tempFolder(t);
  const [log, ledger] = [join(folder, 'log.db'), join(folder, 'ledger')];
  let acknowledged = 0;
  for (let cycle = 0; cycle < 5; cycle++) {
    const child = startChild(t, process.execPath, [CHILD, log, ledger, '60000']);
    const killAfter = 10 + Math.floor(Math.random() * 80);
    let dots = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      dots += chunk.length;
      if (dots >= killAfter) child.kill('SIGKILL');
    });
    const [, signal] = await once(child, 'close');
    assert.equal(signal, 'SIGKILL');
    acknowledged += dots;
    // Killed between the sync of the ledger and the dot, a group is in the ledger only.
    assert.ok((await assertNothingLost(t, log, ledger)) >= acknowledged);
  }
});

// A limit on the size of files makes the write itself fail, as a full disk does.
for (const [where, bytes, limitKiB] of [
  ['into the write-ahead log', '30000', 500],
  ['into the database, by a checkpoint', '30000', 1500],
  ['in the middle of a large group', '4000000', 1500],
] as const) {
  test(`a write that fails ${where} ends acknowledging for good and loses nothing`, async (t) => {
    const folder = tempFolder(t);
    const [log, ledger] = [join(folder, 'log.db'), join(folder, 'ledger')];
    const limited = `ulimit -f ${limitKiB * 2}; exec "$0" "$@"`;
    const child = startChild(t, 'sh', ['-c', limited, process.execPath, CHILD, log, ledger, bytes]);
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    const [exitCode] = await once(child, 'close');
    assert.equal(exitCode, 3, output);
    assert.deepEqual(JSON.parse(output.replace(/^\.+/, '')), Array(4).fill('LOG_UNAVAILABLE'));
    assert.ok((await assertNothingLost(t, log, ledger)) > 0);
  });
}
