/**
 * Poison among what others write: `node load-tests/kafka/poison.ts --brokers HOST:PORT [--records 1000000]`. A source topic of
 * good records and one in which every 100th is wrong, in each of the known ways, are taken in by a service each, in turns,
 * twice. Exits with 1 where a letter is missing, a customer's events are out of order, or poison costs more than a tenth.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { shardOf } from '../../src/base/hash.ts';
import { startProgress } from '../../src/cli/progress.ts';
import type { KafkaClient, OutgoingRecord } from '../../src/log/kafka-client.ts';
import { PlatformaticClient } from '../../src/log/platformatic-client.ts';
import { stateOf } from '../../tests/durability/state-check.ts';
import { POISON } from '../../tests/kafka/poison.ts';
import { readTopic } from '../../tests/kafka/topics.ts';
import { cloudEvent } from '../../tests/support/cloud-event.ts';
import { type Owner, type Service, startService } from '../../tests/support/service.ts';
import { until } from '../../tests/support/until.ts';
import { IO } from '../durability/io.ts';
import { withOwner } from '../durability/owner.ts';
import { printTable } from '../durability/table.ts';

const { values } = parseArgs({
  options: { brokers: { type: 'string' }, records: { type: 'string', default: '1000000' } },
});
if (values.brokers === undefined) throw new Error('--brokers names the brokers');
const BROKERS = values.brokers.split(',');
const RECORDS = Number(values.records);
const CUSTOMERS = Math.ceil(RECORDS / 10);
const POISONED_EVERY = 100;
const PARTITIONS = 4;
const PRODUCED = 4000;
const SHARE_MIN = 0.9;

const goodRecord = (number: number): OutgoingRecord => {
  const subject = `customer-${number % CUSTOMERS}`;
  const key = Buffer.from(subject);
  const data = { orderId: `${number}`, amount: 1 + (number % 100) };
  const event = cloudEvent({ id: `o${number}`, subject, time: '2026-01-01T00:00:00Z', data });
  return {
    partition: shardOf(key, 0, key.length, PARTITIONS),
    key,
    value: Buffer.from(JSON.stringify(event)),
    headers: [],
  };
};

const poisonRecord = (number: number): OutgoingRecord => {
  const { value, headers } = POISON[Math.floor(number / POISONED_EVERY) % POISON.length];
  return { partition: number % PARTITIONS, key: Buffer.from(`poison-${number}`), value, headers };
};

const isPoison = (number: number): boolean => number % POISONED_EVERY === POISONED_EVERY - 1;

/** Fills a topic. @param wrong records that are poison */
const fill = async (client: KafkaClient, topic: string, wrong: (number: number) => boolean): Promise<void> => {
  await client.createTopic(topic, PARTITIONS, {});
  await until(async () => (await client.topic(topic)) !== undefined);
  for (let from = 0; from < RECORDS; from += PRODUCED) {
    const count = Math.min(PRODUCED, RECORDS - from);
    const records = Array.from({ length: count }, (_, i) =>
      wrong(from + i) ? poisonRecord(from + i) : goodRecord(from + i),
    );
    await client.produce(topic, records);
  }
};

const endsOf = async (client: KafkaClient, topic: string): Promise<number> =>
  (await client.bounds(topic)).ends.reduce((sum, end) => sum + end, 0);

const cpuSecOf = async ({ admin }: Service): Promise<number> => {
  const text = await (await fetch(`http://${admin}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
};

interface Taken {
  readonly seconds: number;
  readonly cpuSec: number;
}

/** Takes a source into a log of its own, and holds log, state and letters against what was written. */
const take = async (owner: Owner, client: KafkaClient, about: string, poisoned: number): Promise<Taken> => {
  const names = { source: randomUUID(), log: randomUUID(), aside: randomUUID() };
  await fill(client, names.source, poisoned > 0 ? isPoison : () => false);
  const env = {
    KAFKA_BROKERS: BROKERS.join(),
    KAFKA_LOG_TOPIC: names.log,
    KAFKA_SOURCE_TOPICS: names.source,
    KAFKA_DEAD_LETTER_TOPIC: names.aside,
    KAFKA_DECISIONS_TOPIC: '',
    KAFKA_GROUP: names.source,
  };
  const good = RECORDS - poisoned;
  const progress = startProgress(IO, about, good, 'events in the log');
  const service = await startService(owner, { env });
  const startMs = performance.now();
  const cpuSec = await cpuSecOf(service);
  for (let taken = 0; taken < good; ) {
    assert.equal(service.process.exitCode, null, service.output.stderr);
    taken = await endsOf(client, names.log);
    progress.update(taken, taken);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await until(async () => (await stateOf(service)).eventsApplied === good);
  const done = { seconds: (performance.now() - startMs) / 1000, cpuSec: (await cpuSecOf(service)) - cpuSec };
  progress.stop();
  const last = new Map<string, number>();
  for (const { value } of await readTopic(client, names.log, good)) {
    const { subject, data } = JSON.parse(String(value)) as { subject: string; data: { orderId: string } };
    const number = Number(data.orderId);
    assert.ok(number > (last.get(subject) ?? -1), `${subject}: ${number} after ${last.get(subject)}`);
    last.set(subject, number);
  }
  assert.equal(await endsOf(client, names.log), good, 'each once');
  if (poisoned > 0) {
    const letters = await readTopic(client, names.aside, poisoned);
    assert.equal(letters.length, poisoned);
    for (const { key, value, headers } of letters) {
      const number = Number(String(key).slice('poison-'.length));
      const poison = POISON[Math.floor(number / POISONED_EVERY) % POISON.length];
      assert.deepEqual(value, poison.value, poison.about);
      const said = new Map(headers.map(([name, text]) => [name, String(text)]));
      assert.equal(said.get('beckon-error-code'), poison.code, poison.about);
      assert.ok(said.get('beckon-error-reason'));
    }
    assert.equal(new Set(letters.map(({ key }) => String(key))).size, poisoned, 'each once');
  }
  await service.stop();
  return done;
};

await withOwner(async (owner) => {
  const client = new PlatformaticClient({ brokers: BROKERS, clientId: 'beckon-test' });
  owner.after(() => client.close());
  const poisoned = Math.floor(RECORDS / POISONED_EVERY);
  const clean = { about: 'clean', poisoned: 0, seconds: 0, cpuSec: 0 };
  const wrong = { about: 'poisoned', poisoned, seconds: 0, cpuSec: 0 };
  // What a run leaves to the brokers' disk is the next one's burden: each side has as much of it.
  for (const side of [clean, wrong, wrong, clean]) {
    const { seconds, cpuSec } = await take(owner, client, side.about, side.poisoned);
    side.seconds += seconds;
    side.cpuSec += cpuSec;
  }
  const share = (of: (taken: Taken) => number): number => of(clean) / of(wrong);
  printTable([
    ['records', RECORDS],
    ['of them poison', poisoned],
    ['kinds of poison', POISON.length],
    ['clean, seconds of two runs', clean.seconds],
    ['poisoned, seconds of two runs', wrong.seconds],
    ['poisoned, share of the clean speed', share(({ seconds }) => seconds)],
    ['the same by CPU', share(({ cpuSec }) => cpuSec)],
  ]);
  console.log('All poison is in the dead letters with its reason, every customer’s events are in their order.');
  // Runs by the clock say more about what else the machine does.
  if (share(({ cpuSec }) => cpuSec) < SHARE_MIN) process.exitCode = 1;
});
