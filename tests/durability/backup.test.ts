import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../cli/run-command.ts';
import { stateAfter } from '../support/folded-log.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { Ledger } from './ledger.ts';
import { LoadClient } from './load-client.ts';
import { LoggedOrders } from './logged-orders.ts';
import { customerOf, orderEvent } from './orders.ts';
import { assertCustomers, stateOf } from './state-check.ts';

const RETAIL = fileURLToPath(new URL('../../models/retail', import.meta.url));
const ACKNOWLEDGED_BEFORE = 2000;

const run = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await runCommand(args);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
};

test('a backup under load holds all that was acknowledged before it began, and comes back as the fold of its log', async (t) => {
  const folder = tempFolder(t);
  const [backup, restored] = [join(folder, 'backup'), join(folder, 'restored')];
  const service = await startService(t, { dataDir: join(folder, 'data') });
  const ledger = new Ledger(t, join(folder, 'ledger'));
  const warm = Promise.withResolvers<void>();
  let acknowledged = 0;
  const client = new LoadClient({
    ledger,
    connections: 16,
    onAcknowledged: ({ orders }) => {
      acknowledged += orders.length;
      if (acknowledged >= ACKNOWLEDGED_BEFORE) warm.resolve();
    },
  });
  const load = client.run(service.http);
  await warm.promise;
  const before = ledger.read();
  const told = await run('backup', backup, '--data-dir', service.dataDir);
  const during = acknowledged - before.size;
  client.stop();
  await load;
  assert.ok(during > 100, `${during} events were acknowledged meanwhile: too few to say anything`);

  const logged = new LoggedOrders(backup);
  await logged.update();
  assert.equal(logged.records, told.events);
  assert.deepEqual(
    [...before].filter((order) => !logged.distinct.has(order)),
    [],
    'acknowledged and not in the backup',
  );
  const original = join(service.dataDir, 'log.db');
  const state = await run('restore', backup, '--data-dir', restored);
  assert.deepEqual(state, await stateAfter(original, RETAIL, logged.records), 'the fold of the log up to its end');

  const last = await stateOf(service);
  assert.ok(last.logOffset > logged.records - 1, 'the service went on');
  assert.equal(await service.stop(), 0);
  const again = await startService(t, { dataDir: restored });
  assert.deepEqual(await stateOf(again), state);
  await assertCustomers(again, logged.distinct);
  const http = new Client(t, again.http);
  const score = await http.score({ customerId: customerOf(0) });
  assert.deepEqual([score.status, score.json.known], [200, true]);
  assert.ok(Object.keys(score.json.scores).length > 0);
  const missing = [...ledger.read()].filter((order) => !logged.distinct.has(order));
  for (let i = 0; i < missing.length; i += 500) {
    const { status } = await http.events(missing.slice(i, i + 500).map(orderEvent));
    assert.equal(status, 202);
  }
  assert.equal((await stateOf(again)).eventsApplied, ledger.read().size, 'what came after the backup is sent again');
});
