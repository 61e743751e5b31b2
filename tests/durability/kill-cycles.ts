import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog } from '../../src/log/event-log.ts';
import { failingService, type Owner, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { Ledger } from './ledger.ts';
import { LoadClient } from './load-client.ts';
import { LoggedOrders } from './logged-orders.ts';
import { assertCustomers, assertNothingLost, assertRecovered } from './state-check.ts';

/** As many as the bar of the project names. */
const CONNECTIONS = 64;
/** A service answers its first requests after some 10 ms; after this long a log of thousands of groups has been written. */
const LOADED_MS = 400;
/** Every so many cycles the service is killed once more, while it starts: at most this long after. */
const KILLED_STARTS_EVERY = 8;
const START_MS_MAX = 2500;
/** Services make one checkpoint after another, so that most kills come in the midst of one. */
const CHECKPOINT_EVENTS = '100';
/** Every other one has room for some of the customers only. */
const ROWS_MAX = 64;

export interface KillReport {
  readonly cycles: number;
  /** Services killed before they were ready. */
  readonly killedStarts: number;
  /** Orders in the ledger. */
  readonly acknowledged: number;
  /** Records of the log, and the different orders among them: the rest was sent more than once. */
  readonly records: number;
  readonly distinct: number;
}

/** Where the log is; in the data directory where nothing is said. */
export interface LogPlace {
  readonly env?: Readonly<Record<string, string>>;
  readonly openLog?: () => Promise<EventLog>;
  /** Longest time under load before a kill, ms. */
  readonly loadedMsMax?: number;
}

/**
 * Kills a service under load again and again, at random moments, on one data directory. After each start: nothing
 * acknowledged is lost and nothing is applied twice, whether there is a bound on rows or not. At the end every order was acknowledged; state and log are checked in
 * every way.
 * @param onCycle told after each
 */
export const killCycles = async (
  owner: Owner,
  cycles: number,
  onCycle?: (done: number, acknowledged: number) => void,
  where: LogPlace = {},
): Promise<KillReport> => {
  const { env, openLog, loadedMsMax = LOADED_MS } = where;
  const folder = tempFolder(owner);
  const dataDir = join(folder, 'data');
  const ledger = new Ledger(owner, join(folder, 'ledger'));
  const client = new LoadClient({ ledger, connections: CONNECTIONS });
  const logged = new LoggedOrders(dataDir, openLog);
  const bounded = join(folder, 'bounded.yaml');
  writeFileSync(bounded, `limits: { rowsMax: ${ROWS_MAX} }\n`);
  let killedStarts = 0;
  for (let cycle = 1; cycle <= cycles; cycle++) {
    if (cycle % KILLED_STARTS_EVERY === 0) {
      await killStart(owner, dataDir, env);
      killedStarts++;
    }
    const args = ['--checkpoint-every-events', CHECKPOINT_EVENTS, ...(cycle % 2 === 0 ? ['--config', bounded] : [])];
    const service = await startService(owner, { dataDir, args, env });
    await assertNothingLost(service, ledger, logged);
    const load = client.run(service.http);
    await delay(Math.random() * loadedMsMax);
    assert.equal(await service.kill9(), 'SIGKILL', service.output.stderr);
    await load;
    onCycle?.(cycle, ledger.count);
  }
  const service = await startService(owner, { dataDir, env });
  await client.finish(service.http);
  await assertNothingLost(service, ledger, logged);
  assert.equal(ledger.read().size, client.made, 'in the end every order was acknowledged');
  assert.equal(logged.distinct.size, client.made);
  await assertCustomers(service, logged.distinct);
  await service.stop();
  await assertRecovered(owner, dataDir, ledger, logged, env);
  const { records, distinct } = logged;
  return { cycles, killedStarts, acknowledged: ledger.count, records, distinct: distinct.size };
};

const killStart = async (owner: Owner, dataDir: string, env: LogPlace['env']): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const { exit, stderr } = await failingService(owner, {
    dataDir,
    env,
    spawned: (child) => {
      timer = setTimeout(() => child.kill('SIGKILL'), Math.random() * START_MS_MAX);
    },
  });
  clearTimeout(timer);
  assert.equal(exit, 'SIGKILL', stderr);
};
