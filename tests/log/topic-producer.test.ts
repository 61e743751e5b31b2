import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import type { KafkaClient, OutgoingRecord } from '../../src/log/kafka-client.ts';
import { TopicProducer } from '../../src/log/topic-producer.ts';

/** A request that is under way until the test answers it. */
interface Asked {
  readonly records: readonly OutgoingRecord[];
  readonly answer: PromiseWithResolvers<ReadonlyMap<number, number>>;
}

/** Stands for a client, since no broker can be told in which order to answer. */
class Answering {
  readonly underWay: Asked[] = [];
  /** What each partition holds, as the keys of its records. */
  readonly held = new Map<number, string[]>();
  readonly client = {
    produce: (_topic: string, records: readonly OutgoingRecord[]) => {
      const answer = Promise.withResolvers<ReadonlyMap<number, number>>();
      this.underWay.push({ records, answer });
      return answer.promise;
    },
  } as unknown as KafkaClient;

  answer(at: number, isKept: boolean): void {
    const [{ records, answer }] = this.underWay.splice(at, 1);
    if (!isKept) {
      answer.reject(new Error('the broker went away'));
      return;
    }
    const first = new Map<number, number>();
    for (const { partition, key } of records) {
      const held = this.held.get(partition) ?? [];
      this.held.set(partition, held);
      if (!first.has(partition)) first.set(partition, held.length);
      held.push(String(key));
    }
    answer.resolve(first);
  }
}

const LARGE = Buffer.alloc(300_000);
const SMALL = Buffer.alloc(10);

const recordOf = (call: number, at: number, partition: number, isLarge: boolean): OutgoingRecord => ({
  partition,
  key: Buffer.from(`${call}.${at}`),
  value: isLarge ? LARGE : SMALL,
  headers: [],
});

const partitionOf = ({ partition }: OutgoingRecord): number => partition;

const calls = fc.array(
  fc.array(fc.record({ partition: fc.nat(3), isLarge: fc.boolean() }), { minLength: 1, maxLength: 12 }),
  { minLength: 1, maxLength: 12 },
);
/** What happens between two calls: the n-th request under way is answered, kept or not. */
const answers = fc.array(fc.record({ at: fc.nat(), isKept: fc.boolean() }), { maxLength: 40 });

test('a partition keeps the order of its records, whatever requests fail and in whatever order they are answered', async () => {
  await fc.assert(
    fc.asyncProperty(calls, answers, async (drawn, drawnAnswers) => {
      const broker = new Answering();
      const producer = new TopicProducer(broker.client, 'log');
      const planned = [...drawnAnswers];
      const answerOne = async (): Promise<void> => {
        await nextTurn();
        const under = broker.underWay.map(({ records }) => new Set(records.map(partitionOf)));
        assert.ok(under.length <= 2, 'two requests under way at most');
        const shared = [...(under[0] ?? [])].filter((partition) => under[1]?.has(partition));
        assert.deepEqual(shared, [], 'one request a partition');
        const { at, isKept } = planned.shift() ?? { at: 0, isKept: true };
        if (under.length > 0) broker.answer(at % under.length, isKept);
      };

      const sent = drawn.map((call, i) =>
        call.map(({ partition, isLarge }, at) => recordOf(i, at, partition, isLarge)),
      );
      const sends: ReturnType<TopicProducer['send']>[] = [];
      for (const records of sent) {
        const send = producer.send(records);
        // Looked at in the end.
        send.catch(() => {});
        sends.push(send);
        if (planned.length > 0) await answerOne();
      }
      await nextTurn();
      while (broker.underWay.length > 0) {
        await answerOne();
        await nextTurn();
      }

      for (const [i, result] of (await Promise.allSettled(sends)).entries()) {
        const byPartition = Map.groupBy(sent[i], partitionOf);
        for (const [partition, records] of byPartition) {
          const keys = records.map(({ key }) => String(key));
          const kept = (broker.held.get(partition) ?? []).filter((key) => key.startsWith(`${i}.`));
          // A beginning of what was sent, all of it where the call says so, at the offsets that it names.
          assert.deepEqual(kept, keys.slice(0, kept.length));
          if (result.status === 'rejected') continue;
          const runs = result.value.filter((run) => run.partition === partition);
          const named = runs.flatMap(({ firstOffset, count }) =>
            broker.held.get(partition)?.slice(firstOffset, firstOffset + count),
          );
          assert.deepEqual(named, keys);
        }
      }
      for (const keys of broker.held.values()) {
        const inCalls = keys.map((key) => Number(key.split('.')[0]));
        assert.deepEqual(
          inCalls,
          inCalls.toSorted((a, b) => a - b),
          'calls keep their order',
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('a second request goes out while the first is under way, and a third waits', async () => {
  const broker = new Answering();
  const producer = new TopicProducer(broker.client, 'log');
  const sends = [0, 1, 2].map(async (partition) => {
    for (let turns = 0; turns < partition; turns++) await nextTurn();
    return producer.send([recordOf(partition, 0, partition, false)]);
  });
  for (let turns = 0; turns < 5; turns++) await nextTurn();
  assert.deepEqual(
    broker.underWay.map(({ records }) => records.map(partitionOf)),
    [[0], [1]],
  );
  broker.answer(0, true);
  await nextTurn();
  assert.deepEqual(
    broker.underWay.map(({ records }) => records.map(partitionOf)),
    [[1], [2]],
  );
  broker.answer(0, true);
  broker.answer(0, true);
  assert.deepEqual(
    (await Promise.all(sends)).flat().map(({ firstOffset, count }) => [firstOffset, count]),
    [
      [0, 1],
      [0, 1],
      [0, 1],
    ],
  );
});

for (const partitions of [1, 8])
  test(`of ${partitions} partitions no request is larger than V8 bears, and of one no larger than a broker takes`, async () => {
    const broker = new Answering();
    const producer = new TopicProducer(broker.client, 'log');
    const records = Array.from({ length: 40 }, (_, i) => recordOf(0, i, i % partitions, true));
    const sent = producer.send(records);
    let seen = 0;
    for (await nextTurn(); broker.underWay.length > 0; await nextTurn()) {
      for (const { records } of broker.underWay) {
        assert.ok(records.length <= 5, `${records.length} large records in one request`);
        for (const [, own] of Map.groupBy(records, partitionOf)) assert.ok(own.length <= 2);
      }
      seen += broker.underWay[0].records.length;
      broker.answer(0, true);
    }
    assert.equal(seen, records.length);
    assert.equal(
      (await sent).reduce((sum, { count }) => sum + count, 0),
      records.length,
    );
  });
