import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KafkaLog } from '../../src/log/kafka-log.ts';
import { PlatformaticClient } from '../../src/log/platformatic-client.ts';
import { Ledger } from '../durability/ledger.ts';
import { LoadClient } from '../durability/load-client.ts';
import { LoggedOrders } from '../durability/logged-orders.ts';
import { assertCustomers, assertNothingLost, stateOf } from '../durability/state-check.ts';
import { KafkaBroker } from '../support/kafka-broker.ts';
import { type Owner, type Service, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { until } from '../support/until.ts';

const CONNECTIONS = 32;
/** Events before memory is looked at for the first time: until then a service loads its code and fills what it keeps. */
const WARM_UP_EVENTS = 30_000;
const LOADED_MS = 1500;
const AWAY_MS = 1500;
const LAG_MS_MAX = 30_000;
const RSS_GROWTH_MAX = 200 * 1024 * 1024;

export interface BrokerKillReport {
  readonly kills: number;
  readonly acknowledged: number;
  readonly records: number;
  readonly distinct: number;
  /** After the broker answers, the longest time until events are taken and applied again. */
  readonly backMsMax: number;
  readonly rssGrowthBytes: number;
}

/** Opens the log of a service beside it, for reading. */
export const logOn = (brokers: readonly string[], topic: string) => async (): Promise<KafkaLog> =>
  KafkaLog.open(new PlatformaticClient({ brokers, clientId: 'beckon-test' }), topic, 16);

/**
 * Kills the broker under load again and again. While it is away reads go on and events are refused; after it is back
 * everything goes on by itself, nothing acknowledged is lost, and nothing has grown.
 */
export const brokerKills = async (
  owner: Owner,
  libs: string,
  kills: number,
  onKill?: (done: number, acknowledged: number) => void,
): Promise<BrokerKillReport> => {
  const folder = tempFolder(owner);
  const broker = await KafkaBroker.start(owner, libs, join(folder, 'broker'));
  const env = { KAFKA_BROKERS: broker.address };
  const service = await startService(owner, { env });
  const ledger = new Ledger(owner, join(folder, 'ledger'));
  const client = new LoadClient({ ledger, connections: CONNECTIONS });
  const load = client.run(service.http);
  await until(async () => ledger.count >= WARM_UP_EVENTS);
  const rssBefore = await rssOf(service);
  let backMsMax = 0;
  for (let kill = 1; kill <= kills; kill++) {
    await delay(LOADED_MS);
    await broker.kill9();
    await until(async () => (await readyOf(service)).log.reachable === false);
    await assertReadsGoOn(service);
    await delay(AWAY_MS);
    await assertReadsGoOn(service);
    await broker.start();
    const acknowledged = ledger.count;
    const startMs = performance.now();
    await until(async () => (await readyOf(service)).log.reachable && ledger.count > acknowledged);
    backMsMax = Math.max(backMsMax, performance.now() - startMs);
    onKill?.(kill, ledger.count);
  }
  client.stop();
  await load;
  await client.finish(service.http);
  await until(async () => (await readyOf(service)).log.lagOffsets === 0);
  assert.ok(backMsMax <= LAG_MS_MAX, `${Math.round(backMsMax)} ms until events were taken again`);
  const logged = new LoggedOrders('', logOn([broker.address], 'beckon.events'));
  await assertNothingLost(service, ledger, logged);
  assert.equal(ledger.read().size, client.made, 'in the end every order was acknowledged');
  await assertCustomers(service, logged.distinct);
  const rssGrowthBytes = (await rssOf(service)) - rssBefore;
  assert.ok(rssGrowthBytes < RSS_GROWTH_MAX, `${rssGrowthBytes} bytes more than before`);
  const state = await stateOf(service);
  await service.stop();
  assert.deepEqual(await stateOf(await startService(owner, { env })), state, 'a clean replay');
  const { records, distinct } = logged;
  return { kills, acknowledged: ledger.count, records, distinct: distinct.size, backMsMax, rssGrowthBytes };
};

const readyOf = async ({ http }: Service) => {
  const response = await fetch(`http://${http}/readyz`);
  return (await response.json()) as { log: { reachable: boolean; lagOffsets: number } };
};

const assertReadsGoOn = async ({ http }: Service): Promise<void> => {
  assert.equal((await fetch(`http://${http}/readyz`)).status, 200);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ customerId: 'customer-1' });
  const score = await fetch(`http://${http}/v1/score`, { method: 'POST', headers, body });
  assert.equal(score.status, 200, await score.text());
  const event = { specversion: '1.0', type: 'order.placed', source: '/x', id: 'x', subject: 'x', data: {} };
  const refused = await fetch(`http://${http}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify({ ...event, data: { orderId: '1', amount: 1 } }),
  });
  assert.equal(refused.status, 503);
  assert.equal(((await refused.json()) as { code: string }).code, 'LOG_UNAVAILABLE');
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
};

const rssOf = async ({ admin }: Service): Promise<number> => {
  const text = await (await fetch(`http://${admin}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
};
