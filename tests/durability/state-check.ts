import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../cli/run-command.ts';
import { type Owner, type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { Ledger } from './ledger.ts';
import type { LoggedOrders } from './logged-orders.ts';
import { amountMinorOf, customerOf } from './orders.ts';

/** What `GET /v1/state` and `beckon inspect state` say. */
export interface StateFacts {
  readonly customers: number;
  readonly eventsApplied: number;
  readonly logOffset: number;
  readonly rowBytes: number;
  readonly stateHash: string;
}

const getJson = async (url: string): Promise<unknown> => {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return response.json();
};

export const stateOf = async ({ admin }: Service): Promise<StateFacts> =>
  (await getJson(`http://${admin}/v1/state`)) as StateFacts;

/** Every acknowledged order is in the log, and every order of the log has been applied once. */
export const assertNothingLost = async (service: Service, ledger: Ledger, logged: LoggedOrders): Promise<void> => {
  await logged.update();
  const lost = [...ledger.read()].filter((order) => !logged.distinct.has(order));
  assert.deepEqual(lost, [], 'acknowledged and not in the log');
  const { eventsApplied, logOffset } = await stateOf(service);
  assert.equal(logOffset, logged.records - 1, 'the state stands at the end of the log');
  assert.equal(eventsApplied, logged.distinct.size, 'each event is applied once');
};

/** Orders and money of every customer, as the service tells them, equal a slow count to the minor unit. */
export const assertCustomers = async ({ http }: Service, orders: Iterable<number>): Promise<void> => {
  const expected = new Map<string, { orders: number; minor: number }>();
  for (const order of orders) {
    const id = customerOf(order);
    const customer = expected.get(id) ?? { orders: 0, minor: 0 };
    customer.orders++;
    customer.minor += amountMinorOf(order);
    expected.set(id, customer);
  }
  for (const [id, { orders, minor }] of expected) {
    const { features } = (await getJson(`http://${http}/v1/customers/${id}`)) as { features: Record<string, number> };
    assert.deepEqual([features.orders, Math.round(features.amountTotal * 100)], [orders, minor], id);
  }
};

/** Ends the service as a crash would, and lets a command fold a copy of what is on disk then. */
export const crashAndInspect = async (
  owner: Owner,
  service: Service,
  environment: Record<string, string> = {},
): Promise<StateFacts> => {
  await service.kill9();
  const copy = join(tempFolder(owner), 'copy');
  cpSync(service.dataDir, copy, { recursive: true });
  // The log alone, from its start.
  rmSync(join(copy, 'checkpoints'), { recursive: true, force: true });
  const { code, stdout, stderr } = await runCommand(['inspect', 'state', '--data-dir', copy], { environment });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
};

/** A start on a data directory finds all that was acknowledged, and exactly that which a clean replay of the log gives. */
export const assertRecovered = async (
  owner: Owner,
  dataDir: string,
  ledger: Ledger,
  logged: LoggedOrders,
  env?: Record<string, string>,
) => {
  const service = await startService(owner, { dataDir, env });
  await assertNothingLost(service, ledger, logged);
  await assertCustomers(service, logged.distinct);
  const served = await stateOf(service);
  assert.deepEqual(await crashAndInspect(owner, service, env), served);
};
