import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Owner, type Service, type ServiceOptions, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { Ledger } from './ledger.ts';
import { LoadClient } from './load-client.ts';
import { LoggedOrders } from './logged-orders.ts';
import { assertCustomers, assertNothingLost } from './state-check.ts';
import { straceCommand } from './strace.ts';

/** A system call on a file of the log that is made to fail once; the next one would succeed. */
export interface Fault {
  readonly call: 'pwrite64' | 'fsync';
  readonly error: 'ENOSPC' | 'EIO';
  /** Of the calls on that file. */
  readonly nth: number;
  readonly file: 'log.db-wal' | 'log.db';
}

export interface FaultReport {
  /** `start`: the service never became ready. */
  readonly hit: 'start' | 'load';
  readonly acknowledged: number;
  /** From the first refusal that a client received until `/readyz` no longer said ready, and until the end. */
  readonly notReadyMs: number;
  readonly endedMs: number;
}

const CONNECTIONS = 16;
const NOT_READY_MS_MAX = 1000;
/** A load that goes on this long without the fault says that it never fires. */
const LOAD_MS_MAX = 15_000;
const END_MS_MAX = 10_000;
const POLL_MS = 5;

/**
 * Loads a service until a call on its log fails. It must acknowledge nothing after that, say that it is not ready within a
 * second, end by itself with an exit code, and after a new start hold all that it ever acknowledged.
 */
export const runFault = async (owner: Owner, { call, error, nth, file }: Fault): Promise<FaultReport> => {
  const folder = realpathSync(tempFolder(owner));
  const trace = join(folder, 'trace');
  const inject = `inject=${call}:error=${error}:when=${nth}`;
  const path = join(folder, 'data', file);
  const under = straceCommand(trace, '-s', '0', '-P', path, '-e', `trace=${call}`, '-e', inject);
  const report = await runUntilFailure(owner, folder, { under });
  assert.match(readFileSync(trace, 'latin1'), /\(INJECTED\)/, 'the fault fired');
  return report;
};

/** As {@link runFault}, with whatever makes the service fail. @param folder empty, of the test */
export const runUntilFailure = async (owner: Owner, folder: string, options: ServiceOptions): Promise<FaultReport> => {
  const dataDir = join(folder, 'data');
  const ledger = new Ledger(owner, join(folder, 'ledger'));
  const report = await load(owner, ledger, { ...options, dataDir });
  const service = await startService(owner, { dataDir });
  const logged = new LoggedOrders(dataDir);
  await assertNothingLost(service, ledger, logged);
  await assertCustomers(service, logged.distinct);
  await service.stop();
  return { ...report, acknowledged: ledger.count };
};

const load = async (
  owner: Owner,
  ledger: Ledger,
  options: ServiceOptions,
): Promise<Omit<FaultReport, 'acknowledged'>> => {
  const service = await startOrEnd(owner, options);
  if (service === undefined) return { hit: 'start', notReadyMs: 0, endedMs: 0 };
  const client = new LoadClient({ ledger, connections: CONNECTIONS });
  const ended = once(service.process, 'close').then(() => performance.now());
  const late = setTimeout(() => client.stop(), LOAD_MS_MAX);
  const notReady = notReadyAt(service.admin);
  await client.run(service.http);
  clearTimeout(late);
  const endedAt = await Promise.race([ended, delay(END_MS_MAX)]);
  const why = client.refusedMs < Number.POSITIVE_INFINITY ? 'it refused' : 'the fault did not fire or was not noticed';
  assert.ok(endedAt, `the service runs on: ${why}`);
  assert.equal(service.process.exitCode, 1, service.output.stderr);
  // Not an internal error without a name: whoever reads it looks at the disk.
  assert.match(service.output.stderr, /^beckon: LOG_UNAVAILABLE/m);
  assert.equal(client.acknowledgedAfterRefusal, 0, 'acknowledged after a failure');
  const failedAt = Math.min(client.refusedMs, endedAt);
  const notReadyMs = Math.max(0, (await notReady) - failedAt);
  assert.ok(notReadyMs <= NOT_READY_MS_MAX, `/readyz said ready for ${notReadyMs} ms after a failure`);
  return { hit: 'load', notReadyMs, endedMs: endedAt - failedAt };
};

/** @returns undefined where it ended by itself before it was ready, as it should where its log fails then */
const startOrEnd = async (owner: Owner, options: ServiceOptions): Promise<Service | undefined> => {
  let child: ChildProcess | undefined;
  try {
    return await startService(owner, { ...options, spawned: (process) => (child = process) });
  } catch (error) {
    if (child?.exitCode !== 1) throw error;
    return undefined;
  }
};

/** When `/readyz` first said anything but ready, or nothing any more. */
const notReadyAt = async (admin: string): Promise<number> => {
  for (;;) {
    const status = await fetch(`http://${admin}/readyz`).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    if (status !== 200) return performance.now();
    await delay(POLL_MS);
  }
};
