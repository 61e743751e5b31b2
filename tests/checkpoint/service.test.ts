import assert from 'node:assert/strict';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { backUp } from '../../src/state/backup.ts';
import { CheckpointStore } from '../../src/state/checkpoint-store.ts';
import { restore } from '../../src/state/restore.ts';
import { runCommand } from '../cli/run-command.ts';
import { mixedEvents } from '../durability/mixed-events.ts';
import { type StateFacts, stateOf } from '../durability/state-check.ts';
import { Client } from '../support/http-client.ts';
import { type Service, type ServiceOptions, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const BATCH_EVENTS = 50;
const STOPPING = ['--checkpoint-every-events', '100'];

const post = async (t: TestContext, { http }: Service, from: number, to: number): Promise<void> => {
  const client = new Client(t, http, 8);
  const events = mixedEvents(from, to);
  const answers = [];
  for (let i = 0; i < events.length; i += BATCH_EVENTS) answers.push(client.events(events.slice(i, i + BATCH_EVENTS)));
  for (const { status } of await Promise.all(answers)) assert.equal(status, 202);
};

/** What the log alone says, folded from its start. */
const foldOfLog = async (t: TestContext, dataDir: string): Promise<StateFacts> => {
  const copy = join(tempFolder(t), 'copy');
  cpSync(dataDir, copy, { recursive: true });
  rmSync(join(copy, 'checkpoints'), { recursive: true, force: true });
  const { code, stdout, stderr } = await runCommand(['inspect', 'state', '--data-dir', copy]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
};

/** Number and offset of the checkpoint that a service began with. */
const beginning = ({ output }: Service): { checkpoint: number; offset: number } | undefined => {
  const line = output.stdout.split('\n').find((text) => text.includes('"msg":"began with a checkpoint"'));
  return line === undefined ? undefined : JSON.parse(line);
};

const start = (t: TestContext, dataDir: string, options: ServiceOptions = {}): Promise<Service> =>
  startService(t, { args: STOPPING, ...options, dataDir });

test('a service begins where it stopped, and with a tail of the log where it was killed', async (t) => {
  const dataDir = tempFolder(t);
  const first = await start(t, dataDir);
  await post(t, first, 0, 400);
  const live = await stateOf(first);
  assert.equal(await first.stop(), 0);
  assert.deepEqual(await foldOfLog(t, dataDir), live);

  const second = await start(t, dataDir);
  assert.equal(beginning(second)?.offset, live.logOffset + 1);
  assert.deepEqual(await stateOf(second), live);
  // Fewer than a checkpoint is worth.
  await post(t, second, 400, 450);
  const later = await stateOf(second);
  await second.kill9();
  const third = await start(t, dataDir, { env: { BECKON_SERVING_THREADS: '2' } });
  assert.equal(beginning(third)?.offset, live.logOffset + 1);
  assert.deepEqual(await stateOf(third), later);
  assert.deepEqual(await foldOfLog(t, dataDir), later);
  // A backup brings it along, and a command begins with it, too.
  assert.equal(await third.stop(), 0);
  const [backup, copy] = [join(tempFolder(t), 'backup'), join(tempFolder(t), 'copy')];
  await backUp(dataDir, backup);
  await restore(backup, copy, undefined);
  assert.deepEqual(
    new CheckpointStore(copy).list().map(({ checkpoint }) => checkpoint?.offsets),
    [[live.logOffset + 1]],
  );
  const { stdout } = await runCommand(['inspect', 'state', '--data-dir', copy]);
  assert.deepEqual(JSON.parse(stdout), later);
  // Nothing of it where the log is cut before it.
  const cut = join(tempFolder(t), 'cut');
  await restore(backup, cut, live.logOffset);
  assert.deepEqual(new CheckpointStore(cut).list(), []);
});

test('checkpoints under load, and a kill: the newest two are kept, and the state is the fold of the log', async (t) => {
  const dataDir = tempFolder(t);
  let sent = 0;
  for (let cycle = 0; cycle < 1; cycle++) {
    const service = await start(t, dataDir);
    const offset = (await stateOf(service)).logOffset + 1;
    do {
      await post(t, service, sent, sent + 1000);
      sent += 1000;
    } while (
      !(await new Client(t, service.admin).ask('/metrics')).text.match(/beckon_checkpoints_total\{[^}]*"made"\} [2-9]/)
    );
    const live = await stateOf(service);
    await service.kill9();
    assert.deepEqual(await foldOfLog(t, dataDir), live);
    const next = await start(t, dataDir);
    assert.ok((beginning(next)?.offset ?? 0) > offset);
    assert.deepEqual(await stateOf(next), live);
    await next.kill9();
  }
  assert.equal(readdirSync(join(dataDir, 'checkpoints')).filter((name) => /^\d+$/.test(name)).length, 2);
});
