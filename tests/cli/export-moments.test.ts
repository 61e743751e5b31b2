import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { packFolder } from '../support/pack-folder.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { type CommandRun, runCommand } from './run-command.ts';
import { dataDirOf, eventsFile, order, SHOP } from './shop-files.ts';

const REFUNDED = {
  name: 'keeps5d',
  event: 'order.placed',
  within: '5d',
  reversedBy: { event: 'order.refunded', same: 'orderId', amount: 'amount' },
};
const shop = { ...SHOP, labels: [...SHOP.labels, REFUNDED] };
const pack = packFolder(shop);

const refund = (subject: string, day: number, of: string, amount: number): Record<string, unknown> => ({
  ...order(subject, day, amount),
  id: `${subject}-${day}-refund`,
  type: 'order.refunded',
  data: { orderId: of, amount },
});
const EVENTS = [
  order('ada', 2, 10.1),
  order('bo', 3, 20.2),
  order('ada', 6, 0.07),
  refund('ada', 7, 'ada-6', 0.07),
  order('zoë "q", cy', 9, 5),
  order('ada', 12, 7),
  order('bo', 20, 1),
];

const done = async (run: Promise<CommandRun>): Promise<string> => {
  const { code, stdout, stderr } = await run;
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
};

const replayed = async (t: TestContext): Promise<string> => {
  const dataDir = dataDirOf(t);
  const file = eventsFile(t, EVENTS);
  await done(
    runCommand(
      ['replay', file, '--format', 'cloudevents', '--clock', 'log', '--data-dir', dataDir].concat('--pack', pack),
    ),
  );
  return dataDir;
};

const CYCLE = ['--at-every', '5d', '--from', '2024-01-05', '--to', '2024-01-20'];

const cellsOf = (csv: string): string[][] => parse(csv);

/** A row of Parquet as CSV would have it. */
const asCells = (row: Readonly<Record<string, unknown>>): string[] =>
  Object.values(row).map((value) => (value instanceof Date ? value.toISOString() : `${value ?? ''}`));

const parquetRows = async (path: string): Promise<Record<string, unknown>[]> => {
  const bytes = readFileSync(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  return parquetReadObjects({ file });
};

test('Parquet holds the rows of CSV, by the ending of the file or when asked for', async (t) => {
  const dataDir = await replayed(t);
  const folder = tempFolder(t);
  const at = [...CYCLE, '--data-dir', dataDir, '--pack', pack];
  const [header, ...rows] = cellsOf(await done(runCommand(['export', ...at])));
  const byEnding = join(folder, 'rows.parquet');
  await done(runCommand(['export', ...at, '--out', byEnding]));
  const found = await parquetRows(byEnding);
  assert.deepEqual(Object.keys(found[0]), header);
  assert.deepEqual(found.map(asCells), rows);
  const asked = join(folder, 'rows');
  await done(runCommand(['export', ...at, '--format', 'parquet', '--out', asked]));
  assert.deepEqual(readFileSync(asked), readFileSync(byEnding));
  assert.deepEqual(readdirSync(folder).sort(), ['rows', 'rows.parquet']);
  const wrong = await runCommand(['export', ...at, '--format', 'orc']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--format must be csv or parquet, not orc/);
});

/** Prints a Parquet file as CSV with the shortest numbers, so that a reader of another make is compared. */
const READ = `
import sys, pyarrow.parquet as pq
for row in pq.read_table(sys.argv[1]).to_pylist():
    at = row['at'].isoformat(timespec='milliseconds').replace('+00:00', 'Z')
    print('\\t'.join([row['customerId'], at, *('' if v is None else repr(v) for k, v in row.items() if k not in ('customerId', 'at'))]))
`;

test('pyarrow reads the same rows', async (t) => {
  const python = process.env.BECKON_TEST_PYTHON;
  if (python === undefined) return t.skip('BECKON_TEST_PYTHON names no Python');
  const run = promisify(execFile);
  try {
    await run(python, ['-c', 'import pyarrow']);
  } catch {
    return t.skip('this Python has no pyarrow');
  }
  const dataDir = await replayed(t);
  const path = join(tempFolder(t), 'rows.parquet');
  const at = [...CYCLE, '--data-dir', dataDir, '--pack', pack];
  await done(runCommand(['export', ...at, '--out', path]));
  const [, ...rows] = cellsOf(await done(runCommand(['export', ...at])));
  const { stdout } = await run(python, ['-c', READ, path]);
  const found = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'));
  const number = (cell: string): string | number => (cell === '' || Number.isNaN(Number(cell)) ? cell : Number(cell));
  assert.deepEqual(
    found.map((cells) => cells.map(number)),
    rows.map((cells) => cells.map(number)),
  );
});

test('a service that runs, its directory once it has stopped and a copy of its log give the same rows', async (t) => {
  const service = await startService(t, { args: ['--pack', pack] });
  const posted = await fetch(`http://${service.http}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(EVENTS),
  });
  assert.equal(posted.status, 202);
  const at = [...CYCLE, '--pack', pack];
  const running = await done(runCommand(['export', ...at, '--data-dir', service.dataDir]));
  assert.equal(cellsOf(running).length, 12);
  assert.equal(await service.stop(), 0);
  const copy = join(tempFolder(t), 'copy.db');
  copyFileSync(join(service.dataDir, 'log.db'), copy);
  assert.equal(await done(runCommand(['export', ...at, '--data-dir', service.dataDir])), running);
  assert.equal(await done(runCommand(['export', ...at, '--log', copy])), running);
});

test('new features over an old history: the ones that were there before have the same values', async (t) => {
  const dataDir = await replayed(t);
  const more = packFolder({
    ...shop,
    features: [
      { name: 'refunds', kind: 'count', event: 'order.refunded', unit: 'refunds' },
      ...[...SHOP.features].reverse(),
      { name: 'daysSinceOrder', kind: 'last', event: 'order.placed', unit: 'days', default: 400 },
    ],
  });
  const rowsOf = async (folder: string) => {
    const at = [...CYCLE, '--data-dir', dataDir, '--pack', folder];
    const [header, ...rows] = cellsOf(await done(runCommand(['export', ...at])));
    return rows.map((cells) => Object.fromEntries(cells.map((cell, i) => [header[i], cell])));
  };
  const [before, after] = [await rowsOf(pack), await rowsOf(more)];
  assert.deepEqual(
    after.map(({ refunds: _refunds, daysSinceOrder: _days, ...shared }) => shared),
    before,
  );
  const ada = after.find(({ customerId, at }) => customerId === 'ada' && at.startsWith('2024-01-10'));
  assert.deepEqual([ada?.refunds, ada?.daysSinceOrder], ['1', '3.5']);
});

test('moments are events: those of --at-event, or what labels.yaml declares until a time is named', async (t) => {
  const dataDir = await replayed(t);
  const rows = async (folder: string, ...args: string[]): Promise<string[]> =>
    (await done(runCommand(['export', '--data-dir', dataDir, '--pack', folder, ...args, '--labels', 'keeps5d'])))
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/T.*?,(\d+),.*,(.?)$/, ' $1 $2'));
  const orders = ['ada,2024-01-02 0 1', 'bo,2024-01-03 0 0', 'ada,2024-01-06 1 0'];
  assert.deepEqual(await rows(pack, '--at-event', 'order.placed', '--to', '2024-01-07'), orders);
  const declared = packFolder({ ...shop, moment: { event: 'order.placed' } });
  assert.deepEqual(await rows(declared, '--to', '2024-01-07'), orders);
  assert.deepEqual(await rows(declared, '--at', '2024-01-05'), ['ada,2024-01-05 1 0', 'bo,2024-01-05 1 0']);
  const cycle = packFolder({ ...shop, moment: { every: '5d', from: '2024-01-05' } });
  assert.deepEqual(await rows(cycle, '--to', '2024-01-05'), ['ada,2024-01-05 1 0', 'bo,2024-01-05 1 0']);
  const wrong = await runCommand(['export', '--at-event', 'order.place', '--pack', pack, '--data-dir', dataDir]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--at-event: unknown event order\.place, did you mean order\.placed\?/);
});
