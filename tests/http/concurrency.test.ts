import assert from 'node:assert/strict';
import test from 'node:test';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client, type Reply } from '../support/http-client.ts';
import { startService } from '../support/service.ts';

const CONNECTIONS = 64;
/** A prime: no batch repeats itself at the size of a task. */
const CUSTOMERS = 499;
const QUESTIONS = 5000;
const AT = '2024-06-01T00:00:00Z';
const DAY = 86_400_000;

const idOf = (number: number): string => `customer-${number}`;

/** A history of orders that hardly two customers share. */
const historyOf = (number: number): object[] =>
  Array.from({ length: 1 + (number % 7) }, (_, i) =>
    cloudEvent({
      id: `${number}-${i}`,
      subject: idOf(number),
      time: new Date(Date.parse(AT) - (1 + ((number * 37 + i * 53) % 300)) * DAY).toISOString(),
      data: { orderId: `${number}-${i}`, amount: 10 + ((number * 13 + i * 7) % 400) },
    }),
  );

/** What is the same however the question was asked. */
const facts = ({ customerId, known, at, asOf, segments, scores }: Reply['json']): string =>
  JSON.stringify({ customerId, known, at, offset: asOf.offset, segments, scores });

/** What all decision ids of one thread have in common: 10 random bytes after the shard. */
const threadOf = ({ decisionId }: Reply['json']): string => decisionId.slice(4, 18);

const count = async (client: Client, line: string): Promise<number> => {
  const { text } = await client.ask('/metrics');
  return Number(
    text
      .split('\n')
      .find((candidate) => candidate.startsWith(line))
      ?.slice(line.length),
  );
};

for (const threads of [1, 2])
  test(`${CONNECTIONS} connections at once get the answers of one, with ${threads} serving thread(s)`, async (t) => {
    const service = await startService(t, { env: { BECKON_SERVING_THREADS: String(threads) } });
    const one = new Client(t, service.http, 1);
    const many = new Client(t, service.http, CONNECTIONS);
    const events = Array.from({ length: CUSTOMERS }, (_, number) => historyOf(number)).flat();
    const posts: Promise<Reply>[] = [];
    for (let from = 0; from < events.length; from += 100) posts.push(many.events(events.slice(from, from + 100)));
    const accepted = (await Promise.all(posts)).reduce((sum, { json }) => sum + json.accepted, 0);
    assert.equal(accepted, events.length);

    // Whichever thread took the events, each connection sees them.
    const alone: string[] = [];
    for (let number = 0; number < CUSTOMERS; number++) {
      const { json } = await one.score({ customerId: idOf(number), at: AT });
      assert.equal(json.known, true);
      alone.push(facts(json));
    }
    assert.ok(new Set(alone.map((text) => JSON.stringify(JSON.parse(text).scores))).size > CUSTOMERS / 2);

    await t.test('single questions', async () => {
      let next = 0;
      const answering = new Set<string>();
      const ask = async (): Promise<void> => {
        while (next < QUESTIONS) {
          const number = (next++ * 617) % CUSTOMERS;
          const { json } = await many.score({ customerId: idOf(number), at: AT });
          assert.equal(facts(json), alone[number]);
          answering.add(threadOf(json));
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, ask));
      const answered = 'beckon_http_request_seconds_count{route="/v1/score",method="POST",status="200"} ';
      assert.equal(await count(many, answered), CUSTOMERS + QUESTIONS);
      assert.equal(answering.size, threads);
    });

    await t.test('batches, small and in the worker pool, beside single questions', async () => {
      const batch = async (size: number, from: number): Promise<void> => {
        const numbers = Array.from({ length: size }, (_, i) => (from + i * 7) % CUSTOMERS);
        const { json } = await many.ask('/v1/score/batch', { body: { customerIds: numbers.map(idOf), at: AT } });
        assert.deepEqual(
          json.results.map(facts),
          numbers.map((number) => alone[number]),
        );
      };
      const single = async (number: number): Promise<void> => {
        const { json } = await many.score({ customerId: idOf(number), at: AT });
        assert.equal(facts(json), alone[number]);
      };
      await Promise.all([
        ...[1, 64, 65, 256, 257, 1000, 1500].map((size, i) => batch(size, i * 100)),
        ...Array.from({ length: 200 }, (_, number) => single(number)),
      ]);
    });
  });
