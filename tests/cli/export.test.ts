import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LIMITS } from '../../src/base/limits.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { DataDir } from '../../src/state/data-dir.ts';
import { packFolder } from '../support/pack-folder.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { type CommandRun, runCommand } from './run-command.ts';
import { dataDirOf, eventsFile, order, SHOP } from './shop-files.ts';

const pack = packFolder(SHOP);
const beckon = (...args: string[]): Promise<CommandRun> => runCommand([...args, '--pack', pack]);

const EVENTS = [
  order('ada', 2, 10.1),
  order('bo', 3, 20.2),
  order('ada', 3, 0.07),
  order('cy', 9, 5),
  order('ada', 12, 7),
  order('bo', 20, 1),
];

const replayed = async (t: TestContext, ...more: string[]): Promise<string> => {
  const dataDir = dataDirOf(t);
  const { code, stderr } = await beckon(
    ...['replay', eventsFile(t, EVENTS), '--format', 'cloudevents', '--clock', 'log', '--data-dir', dataDir, ...more],
  );
  assert.deepEqual([code, stderr], [0, '']);
  return dataDir;
};

type Row = Readonly<Record<string, string>>;

const rowsOf = (csv: string): Row[] => {
  const [header, ...lines] = csv.trimEnd().split('\n');
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
};

test('rows of several moments, from the data directory, from a copy of the log, and beside a running service', async (t) => {
  const dataDir = await replayed(t);
  const moments = ['--at', '2024-01-20', '--at-every', '5d', '--from', '2024-01-05', '--to', '2024-01-10T23:00:00Z'];
  const fromDir = await beckon('export', ...moments, '--data-dir', dataDir);
  assert.deepEqual([fromDir.code, fromDir.stderr], [0, '']);
  const [header] = fromDir.stdout.split('\n');
  assert.equal(header, 'customerId,at,orders,paid,fading,everybody,buys5d');
  assert.deepEqual(
    rowsOf(fromDir.stdout).map(({ customerId, at, orders, paid, buys5d }) => [
      customerId,
      at.slice(0, 10),
      orders,
      paid,
      buys5d,
    ]),
    [
      ['ada', '2024-01-05', '2', '10.17', '0'],
      ['bo', '2024-01-05', '1', '20.2', '0'],
      ['ada', '2024-01-10', '2', '10.17', '1'],
      ['bo', '2024-01-10', '1', '20.2', '0'],
      ['cy', '2024-01-10', '1', '5', '0'],
      ['ada', '2024-01-20', '3', '17.17', ''],
      ['bo', '2024-01-20', '1', '20.2', ''],
      ['cy', '2024-01-20', '1', '5', ''],
    ],
  );

  const copy = join(tempFolder(t), 'copy.db');
  copyFileSync(join(dataDir, 'log.db'), copy);
  const nowhere = join(tempFolder(t), 'nowhere');
  const fromCopy = await beckon('export', ...moments, '--log', copy, '--data-dir', nowhere);
  assert.deepEqual(fromCopy, fromDir);
  assert.equal(existsSync(nowhere), false);

  const held = DataDir.open(dataDir, { shards: LIMITS.shards, pack: 'shop', nowMs: 0 });
  t.after(() => held.close());
  const log = SqliteLog.open(held.logPath);
  t.after(() => log.close());
  assert.deepEqual(await beckon('export', ...moments, '--data-dir', dataDir), fromDir);
});

test('a row is what the service answers at the moment, having the events before it', async (t) => {
  const whole = await replayed(t);
  const moment = '2024-01-10T00:00:00Z';
  const { stdout } = await beckon(
    'export',
    '--at',
    moment,
    '--data-dir',
    whole,
    '--where',
    'orders>=2',
    '--labels',
    '',
  );
  const until = await replayed(t, '--until', moment);
  const inspected = await beckon('inspect', 'customer', 'ada', '--at', moment, '--data-dir', until);
  const { features } = JSON.parse(inspected.stdout) as { features: Record<string, number> };
  const [row, ...others] = rowsOf(stdout);
  assert.deepEqual(others, []);
  assert.deepEqual(row, {
    customerId: 'ada',
    at: '2024-01-10T00:00:00.000Z',
    ...Object.fromEntries(Object.entries(features).map(([name, value]) => [name, String(value)])),
  });
});

test('--out is written whole or not at all', async (t) => {
  const dataDir = await replayed(t);
  const out = join(tempFolder(t), 'rows.csv');
  const { code, stdout } = await beckon('export', '--at', '2024-01-05', '--data-dir', dataDir, '--out', out);
  assert.deepEqual([code, stdout], [0, '']);
  assert.equal(rowsOf(readFileSync(out, 'utf8')).length, 2);
  assert.deepEqual(readdirSync(dirname(out)), ['rows.csv']);
  const lost = join(dirname(out), 'no-folder', 'rows.csv');
  const failed = await beckon('export', '--at', '2024-01-05', '--data-dir', dataDir, '--out', lost);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^beckon: FILE_UNWRITABLE: .*rows\.csv cannot be written/);
});

test('what is asked for wrongly is said before anything is read', async (t) => {
  const dataDir = dataDirOf(t);
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await beckon('export', '--data-dir', dataDir, ...args);
    assert.equal(code, 2, stderr);
    return stderr;
  };
  assert.match(await refused(), /no moment given/);
  assert.match(await refused('--at', '2024-01-32'), /--at must be like 2011-06-11/);
  assert.match(await refused('--at-every', '7d', '--from', '2024-01-01'), /needs --from and --to/);
  assert.match(await refused('--at', '2024-01-01', '--labels', 'buys5'), /did you mean buys5d/);
  const nothing = await beckon('export', '--at', '2024-01-01', '--data-dir', dataDir);
  assert.equal(nothing.code, 1);
  assert.match(nothing.stderr, /^beckon: FILE_UNREADABLE: there is no data directory/);
  assert.equal(existsSync(dataDir), false);
});
