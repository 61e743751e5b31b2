import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { packFolder } from '../support/pack-folder.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { type CommandRun, runCommand } from './run-command.ts';
import { SHOP } from './shop-files.ts';

const pack = packFolder(SHOP);
const MAP = 'rows: orders\nsubject: customer\ntime: at\nfields: { orderId: id, amount: paid }\n';
const CSV = 'id,customer,at,paid\n1,ada,2024-01-02,10.5\n2,bo,2024-01-03,2\n3,ada,2024-01-04,x\n4,ada,2024-01-05,7\n';

const row = (table: string, name: string): string | undefined => new RegExp(`^${name} {2,}(.+)$`, 'm').exec(table)?.[1];

/** A folder with a map and a file. */
const folderOf = (t: TestContext, csv: string | Buffer = CSV, map = MAP): string => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'orders.csv'), csv);
  writeFileSync(join(folder, 'map.yaml'), map);
  return folder;
};
const importIn = (folder: string, ...more: string[]): Promise<CommandRun> =>
  runCommand(['import', 'orders.csv', '--map', 'map.yaml', '--data-dir', 'data', '--pack', pack, ...more], { folder });

test('a second import is all duplicates, errors are told by line and the rest goes on', async (t) => {
  const folder = folderOf(t);
  const first = await importIn(folder, '--errors', 'errors.csv');
  assert.equal(first.code, 0);
  assert.equal(first.stderr, 'orders.csv:4: column "paid": "x" is no number\n');
  assert.deepEqual(
    ['rows read', 'events made', 'accepted', 'duplicates', 'rejected: ROW_INVALID'].map((name) =>
      row(first.stdout, name),
    ),
    ['4', '3', '3', '0', '1'],
  );
  assert.equal(
    readFileSync(join(folder, 'errors.csv'), 'utf8'),
    'file,line,column,why\norders.csv,4,paid,"""x"" is no number"\n',
  );
  const state = async (): Promise<Record<string, unknown>> =>
    JSON.parse((await runCommand(['inspect', 'state', '--data-dir', 'data', '--pack', pack], { folder })).stdout);
  const before = await state();
  assert.deepEqual([before.customers, before.eventsApplied], [2, 3]);
  const second = await importIn(folder);
  assert.deepEqual([row(second.stdout, 'accepted'), row(second.stdout, 'duplicates')], ['0', '3']);
  assert.equal((await state()).stateHash, before.stateHash);
});

test('a dry run says the same of every row and writes nothing', async (t) => {
  const folder = folderOf(t);
  const dry = await importIn(folder, '--dry-run');
  assert.equal(dry.code, 1);
  assert.equal(dry.stderr, 'orders.csv:4: column "paid": "x" is no number\n');
  assert.match(dry.stdout, /^dry run: nothing was written\n/);
  assert.deepEqual([row(dry.stdout, 'events made'), row(dry.stdout, 'accepted')], ['3', undefined]);
  assert.equal(existsSync(join(folder, 'data')), false);
  const good = await importIn(folderOf(t, CSV.replace('x\n', '1\n')), '--dry-run');
  assert.deepEqual([good.code, good.stderr], [0, '']);
});

test('a gzipped file goes into a running service', async (t) => {
  const service = await startService(t, { args: ['--pack', pack] });
  const folder = folderOf(t, gzipSync(CSV));
  const { code, stdout } = await importIn(folder, '--url', `http://${service.http}`);
  assert.deepEqual([code, row(stdout, 'accepted')], [0, '3']);
  assert.equal(existsSync(join(folder, 'data')), false);
  const response = await fetch(`http://${service.http}/v1/customers/ada`);
  const { features } = (await response.json()) as { features: Record<string, number> };
  assert.deepEqual([features.orders, features.paid], [2, 17.5]);
});

test('what is wrong with a map or a header is said in its author’s words, before anything is written', async (t) => {
  const refused = async (map: string, sentence: RegExp, code = 2): Promise<void> => {
    const folder = folderOf(t, CSV, map);
    const run = await importIn(folder, '--dry-run');
    assert.equal(run.code, code, run.stderr);
    assert.match(run.stderr, sentence);
  };
  await refused('rows: order\n', /map\.yaml: rows must say what the rows are: orders, .*; did you mean "orders"\?/);
  await refused(
    MAP.replace('amount', 'amonut'),
    /map\.yaml: fields has an unknown key "amonut"; did you mean "amount"\?/,
  );
  await refused(MAP.replace('time: at\n', ''), /map\.yaml: time is missing/);
  await refused(
    MAP.replace('at\n', '{ column: at, format: DD.MM }\n'),
    /map\.yaml: time\.format must hold YYYY, MM and DD/,
  );
  await refused(MAP.replace(', amount: paid', ''), /map\.yaml: an order needs fields\.amount, or lines/);
  await refused(
    MAP.replace('time: at', 'time: { colum: at }'),
    /map\.yaml: time(\.column is missing| has an unknown key)/,
  );
  await refused(MAP.replace('time: at', 'time: 5'), /map\.yaml: time must be the name of a column, \{column: …\} or/);
  await refused(`${MAP}zone: Asia/Shanghai\n`, /map\.yaml: zone must be Z or an offset such as "\+08:00"/);
  await refused(`${MAP}zone: [\n`, /^beckon: USAGE: map\.yaml: /);
  await refused(
    MAP.replace('paid', 'payd'),
    /orders\.csv: there is no such column: fields\.amount names "payd" \(did you mean "paid"\?\); the file has id, customer/,
    1,
  );
});

test('what is called wrongly is said', async (t) => {
  const folder = folderOf(t);
  const noMap = await runCommand(['import', 'orders.csv'], { folder });
  assert.equal(noMap.code, 2);
  assert.match(noMap.stderr, /--map MAP\.yaml is missing/);
  const noFile = await runCommand(['import', '--map', 'map.yaml'], { folder });
  assert.equal(noFile.code, 2);
  const lost = await runCommand(['import', 'lost.csv', '--map', 'map.yaml'], { folder });
  assert.equal(lost.code, 1);
  assert.match(lost.stderr, /FILE_UNREADABLE: .*lost\.csv/);
});
