import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { backUp } from '../../src/state/backup.ts';
import { logPathOf } from '../../src/state/data-dir.ts';
import { restore } from '../../src/state/restore.ts';
import { runCommand } from '../cli/run-command.ts';
import { mixedEvents } from '../durability/mixed-events.ts';
import { stateOf } from '../durability/state-check.ts';
import { readAll } from '../log/groups.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { failingService, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const GONE = ['lovelace-1815', 'tel-555-0199'];
const args = ['--log-retention-ms', '1', '--checkpoint-every-events', '100'];

const startOf = async (dataDir: string): Promise<number> => {
  const log = SqliteLog.openReadOnly(logPathOf(dataDir));
  const [start] = log.starts;
  await log.close();
  return start;
};

const inFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && GONE.some((id) => readFileSync(join(entry.parentPath, entry.name)).includes(id)),
    )
    .map(({ name }) => name);

test('a log that is kept for a time: starts, backups and erasures go on, and what is gone is said', async (t) => {
  const dataDir = tempFolder(t);
  const first = await startService(t, { dataDir, args });
  const client = new Client(t, first.http);
  // The link will be trimmed, and events by the alias come after it.
  const linked = { type: 'identity.linked', subject: GONE[0], data: { alias: `phone:${GONE[1]}` } };
  assert.equal((await client.events([cloudEvent({ id: 'link', ...linked })])).status, 202);
  let sent = 0;
  while ((await startOf(dataDir)) === 0) {
    const order = cloudEvent({ id: `alias-${sent}`, subject: `phone:${GONE[1]}`, data: { orderId: 'o', amount: 1 } });
    assert.equal((await client.events([...mixedEvents(sent, sent + 49), order])).status, 202);
    sent += 49;
  }
  const live = await stateOf(first);
  await first.kill9();

  const second = await startService(t, { dataDir, args });
  assert.deepEqual(await stateOf(second), live);
  const backup = join(tempFolder(t), 'backup');
  await backUp(dataDir, backup);
  const asked = new Client(t, second.http);
  assert.equal((await asked.ask(`/v1/customers/${GONE[0]}`, { method: 'DELETE' })).status, 202);
  const erased = await stateOf(second);
  assert.equal(await second.stop(), 0);
  assert.deepEqual(inFiles(dataDir), []);

  const exported = await runCommand(['export', '--at', '2026-02-01', '--data-dir', dataDir]);
  assert.equal(exported.code, 1);
  assert.match(exported.stderr, /LOG_TRIMMED: The log begins at offset \d+/);
  const { stdout } = await runCommand(['inspect', 'state', '--data-dir', dataDir]);
  assert.deepEqual(JSON.parse(stdout), erased);

  rmSync(join(dataDir, 'checkpoints'), { recursive: true });
  const { exit, stderr } = await failingService(t, { dataDir, args });
  assert.equal(exit, 1);
  assert.match(stderr, /LOG_TRIMMED/);

  const copy = join(tempFolder(t), 'copy');
  await restore(backup, copy, undefined);
  const restored = await runCommand(['inspect', 'state', '--data-dir', copy]);
  assert.deepEqual(JSON.parse(restored.stdout), live);
  await assert.rejects(restore(backup, join(tempFolder(t), 'cut'), 3), { code: 'LOG_TRIMMED' });
});

test('trimming takes whole groups that are old enough and before an offset, and never the last', async (t) => {
  const path = join(tempFolder(t), 'log.db');
  const log = SqliteLog.open(path);
  t.after(() => log.close());
  for (let i = 0; i < 10; i++) await log.append({ records: Buffer.alloc(8, i), count: 3, logTimeMs: 1000 + i });
  const pause = (): Promise<void> => Promise.resolve();
  await log.trim(100, 999, pause);
  assert.deepEqual(log.starts, [0], 'none is old enough');
  await log.trim(8, 5000, pause);
  assert.deepEqual(log.starts, [6], 'a group around the offset stays');
  await log.trim(100, 1004, pause);
  assert.deepEqual(log.starts, [12]);
  await log.trim(100, 5000, pause);
  assert.deepEqual([log.starts, log.ends(), (await readAll(log, 27)).length], [[27], [30], 1]);
  await assert.rejects(
    async () => {
      for await (const _ of log.read([26]));
    },
    { code: 'LOG_TRIMMED', details: { start: 27 } },
  );
  await log.close();
  const again = SqliteLog.open(path);
  assert.deepEqual([again.starts, again.ends(), again.lastLogTimeMs()], [[27], [30], 1009]);
  assert.deepEqual(await again.append({ records: Buffer.alloc(8), count: 1, logTimeMs: 1009 }), {
    partition: 0,
    firstOffset: 30,
  });
  await again.close();
});
