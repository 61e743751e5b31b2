import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { Ledger } from './ledger.ts';
import { type Acknowledgement, LoadClient } from './load-client.ts';
import { noStrace, readTrace, straceCommand } from './strace.ts';
import { checkSyncs, type SyncReport } from './sync-check.ts';

const CALLS = 'trace=write,writev,sendmsg,sendto,pwrite64,fsync,fdatasync';
/** A whole page of the log, and a whole reply. */
const STRING_BYTES = '4096';

const SINGLE_ORDERS = 40;
const GROUPED_ORDERS = 1000;
const CONNECTIONS = 64;

/** Orders one at a time, and then over many connections, with batches, so that groups hold many. */
const tracedRun = async (t: TestContext, env: Record<string, string> = {}): Promise<SyncReport> => {
  const folder = realpathSync(tempFolder(t));
  const [dataDir, trace] = [join(folder, 'data'), join(folder, 'trace')];
  const under = straceCommand(trace, '-s', STRING_BYTES, '-e', CALLS);
  const service = await startService(t, { dataDir, under, env });
  const ledger = new Ledger(t, join(folder, 'ledger'));
  const acknowledged: Acknowledgement[] = [];
  const onAcknowledged = (one: Acknowledgement): void => {
    acknowledged.push(one);
    if (many.made >= GROUPED_ORDERS) many.stop();
  };
  const single = new LoadClient({ ledger, connections: 1, onAcknowledged });
  const many = new LoadClient({ ledger, connections: CONNECTIONS, onAcknowledged });
  await single.finish(service.http, SINGLE_ORDERS);
  many.made = single.made;
  await many.run(service.http);
  assert.equal(await service.stop(), 0, service.output.stderr);
  return checkSyncs(await readTrace(trace, service.process.pid as number), join(dataDir, 'log.db-wal'), acknowledged);
};

test('between the last write of a group and its replies stands a completed sync', { skip: noStrace }, async (t) => {
  const { groupOrders, replies, unsynced } = await tracedRun(t);
  t.diagnostic(`${replies} replies, ${groupOrders.length} groups, the largest of ${Math.max(...groupOrders)} orders`);
  assert.deepEqual(unsynced, []);
  assert.ok(groupOrders.filter((orders) => orders === 1).length >= SINGLE_ORDERS, 'orders that were synced alone');
  assert.ok(Math.max(...groupOrders) > 1, 'orders that share a sync');
});

test('a log that does not sync is found out by the same trace', { skip: noStrace }, async (t) => {
  const preload = new URL('./synchronous-off.ts', import.meta.url).href;
  const { replies, unsynced } = await tracedRun(t, { NODE_OPTIONS: `--import=${preload}` });
  assert.ok(replies > 0);
  assert.ok(new Set(unsynced).size >= GROUPED_ORDERS, `${unsynced.length} orders of ${replies} replies unsynced`);
});
