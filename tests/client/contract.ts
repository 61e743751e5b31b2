import assert from 'node:assert/strict';
import test from 'node:test';
import {
  type BeckonClient,
  type BeckonEvent,
  CallError,
  connect,
  type Scored,
  type ScoreQuestion,
  type StreamOptions,
} from 'beckon/client';
import { type Service, startService } from '../support/service.ts';

const AT = '2026-01-31T09:00:00.000Z';

export const order = (id: string, subject: string, amount = 20): BeckonEvent => ({
  ...{ source: '/shop', id, subject, time: '2025-12-01T10:00:00Z' },
  type: 'order.placed',
  data: { orderId: id, amount },
});

/** One that the catalogue does not allow. */
const wrong = (id: string): BeckonEvent => ({ ...order(id, 'bob'), data: { orderId: id, amount: -1 } }) as BeckonEvent;

/** @returns what was thrown */
const thrown = async (asked: Promise<unknown>): Promise<CallError> => {
  const error = await asked.then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof CallError, String(error));
  return error;
};

const all = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const one of stream) list.push(one);
  return list;
};

/** What any client has to do, whichever way it goes. @param over what it connects to */
export const clientContract = (name: string, over: (service: Service) => Parameters<typeof connect>[0]): void =>
  void test(`a client over ${name}`, async (t) => {
    const service = await startService(t, { args: ['--clock', 'log'] });
    const client: BeckonClient = connect(over(service));
    t.after(() => client.close());
    const plain = connect({ http: service.http });
    t.after(() => plain.close());
    const ordersOf = async (customer: string) => (await client.customer(customer)).features.orders;

    await t.test('events are appended once, one or many, and what was rejected is named', async () => {
      assert.deepEqual(await client.append(order('a1', 'ada')), { accepted: 1, duplicates: 0, rejected: [] });
      const answer = await client.append([
        order('a1', 'ada'),
        wrong('b1'),
        { ...order('a2', 'ada'), extensions: { traceparent: '00-1-2-01', sampled: true } },
      ]);
      assert.deepEqual([answer.accepted, answer.duplicates], [1, 1]);
      const [{ index, id, code }] = answer.rejected;
      assert.deepEqual([index, id, code, answer.rejected.length], [1, 'b1', 'EVENT_DATA_INVALID', 1]);
      assert.equal(await ordersOf('ada'), 2);
    });

    await t.test('where none can be taken it throws, with a word on each', async () => {
      const one = await thrown(client.append(wrong('w1')));
      assert.deepEqual([one.code, one.retryable, one.rejected.length], ['EVENT_DATA_INVALID', false, 1]);
      assert.match(one.message, /amount/);
      const { rejected } = await thrown(client.append([wrong('w1'), wrong('w2')]));
      assert.deepEqual(
        rejected.map(({ index, id, code }) => [index, id, code]),
        [0, 1].map((i) => [i, `w${i + 1}`, 'EVENT_DATA_INVALID']),
      );
      const many = await thrown(client.append(Array.from({ length: 501 }, (_, i) => order(`m${i}`, 'bob'))));
      assert.deepEqual([many.code, many.details.limit, many.details.count], ['BATCH_TOO_LARGE', 500, 501]);
    });

    await t.test('a stream of any length is appended in its order, and counted over all', async () => {
      async function* events(): AsyncGenerator<BeckonEvent> {
        for (let i = 0; i < 2200; i++) {
          if (i % 1000 === 999) await new Promise(setImmediate);
          yield i % 500 === 7 ? wrong(`s${i}`) : order(`s${i}`, `s${i % 100}`);
        }
      }
      const { accepted, duplicates, rejected, rejectedCount } = await client.appendStream(events());
      assert.deepEqual([accepted, duplicates, rejectedCount], [2195, 0, 5]);
      assert.deepEqual(
        rejected.map(({ index, id }) => [index, id]),
        [7, 507, 1007, 1507, 2007].map((i) => [i, `s${i}`]),
      );
      assert.equal(await ordersOf('s8'), 22);
      // Far more bytes than one request may have.
      const note = 'x'.repeat(20_000);
      const large = Array.from({ length: 120 }, (_, i) => ({
        ...order(`l${i}`, 'lars'),
        data: { orderId: '1', amount: 1, note },
      }));
      assert.equal((await client.appendStream(large as BeckonEvent[])).accepted, 120);
      // A group of which nothing is taken ends nothing.
      const bad = Array.from({ length: 500 }, (_, i) => wrong(`n${i}`));
      const mixed = await client.appendStream([...bad, order('n-last', 'nora')]);
      assert.deepEqual([mixed.accepted, mixed.rejectedCount], [1, 500]);
    });

    await t.test('what has come is durable while the source makes a pause', async () => {
      const seen = Promise.withResolvers<void>();
      async function* slowly(): AsyncGenerator<BeckonEvent> {
        yield order('p1', 'paul');
        await seen.promise;
        yield order('p2', 'paul');
      }
      const appended = client.appendStream(slowly());
      while ((await thrownCode(client.customer('paul'))) === 'CUSTOMER_UNKNOWN') await new Promise(setImmediate);
      seen.resolve();
      assert.equal((await appended).accepted, 2);
    });

    await t.test('a source that throws ends its stream, and nothing else', async () => {
      function* broken(): Generator<BeckonEvent> {
        yield order('t1', 'tom');
        throw new RangeError('no more');
      }
      await assert.rejects(client.appendStream(broken()), RangeError);
      function* questions(): Generator<ScoreQuestion> {
        yield { customerId: 'ada', at: AT };
        throw new RangeError('no more');
      }
      await assert.rejects(all(client.scores(questions())), RangeError);
      assert.equal((await client.score({ customerId: 'ada', at: AT })).known, true);
    });

    await t.test('a decision is that of HTTP, to the last field', async () => {
      const consent = { ...order('g1', 'ada'), type: 'consent.granted', data: { channel: '*' } } as const;
      await client.append([consent, { ...order('i1', 'ada'), type: 'identity.linked', data: { alias: 'phone:1' } }]);
      const questions: ScoreQuestion[] = [
        { customerId: 'ada', at: AT, limit: 20 },
        { customerId: 'ada', at: AT, campaignId: 'call-list', channels: ['ai_call'], context: { hour: 9, web: true } },
        { customerId: 'nobody', at: AT },
      ];
      const timeless = <T extends { decisionId: string; asOf: object }>({ decisionId: _, asOf, ...rest }: T) => ({
        ...rest,
        asOf: { ...asOf, lagMs: 0 },
      });
      for (const question of questions)
        assert.deepEqual(timeless(await client.score(question)), timeless(await plain.score(question)));
      const customerIds = ['ada', 's8', 'nobody', 'ada'];
      const batch = await client.scoreBatch({ customerIds, at: AT });
      assert.deepEqual(batch.map(timeless), (await plain.scoreBatch({ customerIds, at: AT })).map(timeless));
      const large = await client.scoreBatch({
        customerIds: Array.from({ length: 10_000 }, (_, i) => `c${i}`),
        limit: 1,
      });
      assert.equal(large[9999].customerId, 'c9999');
    });

    await t.test('a stream answers in the order of its questions, and goes on after one that is refused', async () => {
      const ids = Array.from({ length: 1500 }, (_, i) => (i % 100 === 50 ? '' : `s${i % 100}`));
      const answers = await all(client.scores(ids.map((customerId) => ({ customerId, at: AT }))));
      const told = ({ question, decision, error }: Scored) => [
        question.customerId,
        decision?.customerId ?? error?.code,
      ];
      assert.deepEqual(
        answers.map(told),
        ids.map((id) => [id, id === '' ? 'REQUEST_INVALID' : id]),
      );
    });

    await t.test('a conversation: each question may wait for the answer before it', async () => {
      let answered = Promise.withResolvers<void>();
      async function* oneByOne(): AsyncGenerator<ScoreQuestion> {
        for (let i = 0; i < 20; i++) {
          answered = Promise.withResolvers();
          yield { customerId: `s${i}`, at: AT };
          await answered.promise;
        }
      }
      let count = 0;
      for await (const { decision } of client.scores(oneByOne())) {
        assert.equal(decision?.customerId, `s${count++}`);
        answered.resolve();
      }
      assert.equal(count, 20);
    });

    await t.test('who reads slowly is not sent questions without end, and may leave', async () => {
      let taken = 0;
      function* endless(): Generator<ScoreQuestion> {
        for (;;) yield { customerId: `s${taken++ % 100}`, at: AT };
      }
      for await (const { decision } of client.scores(endless())) {
        assert.equal(decision?.customerId, 's0');
        break;
      }
      assert.ok(taken < 2000, `${taken} were taken`);
    });

    await t.test('refusals have their code, and say whether to ask again', async () => {
      const cases: [() => Promise<unknown>, string][] = [
        [() => client.score({ customerId: '' }), 'REQUEST_INVALID'],
        [() => client.score({ customerId: 'ada', at: '2025-01-01T00:00:00Z' }), 'AT_BEFORE_STATE'],
        [() => client.score({ customerId: 'ada', campaignId: 'none' }), 'CAMPAIGN_UNKNOWN'],
        [() => client.scoreBatch({ customerIds: Array.from({ length: 10_001 }, () => 'x') }), 'BATCH_TOO_LARGE'],
        [() => client.customer('nobody'), 'CUSTOMER_UNKNOWN'],
      ];
      for (const [ask, code] of cases) {
        const error = await thrown(ask());
        assert.deepEqual([error.code, error.retryable, error.isRefusal], [code, false, true], error.message);
      }
    });

    await t.test('a call ends with its signal or with its time', async () => {
      await assert.rejects(
        client.score({ customerId: 'ada' }, { signal: AbortSignal.abort(new RangeError('gone')) }),
        RangeError,
      );
      const controller = new AbortController();
      const asked = client.scoreBatch(
        { customerIds: Array.from({ length: 10_000 }, (_, i) => `c${i}`) },
        { signal: controller.signal },
      );
      setImmediate(() => controller.abort(new RangeError('enough')));
      await assert.rejects(asked, RangeError);
      const customerIds = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
      assert.equal((await thrown(client.scoreBatch({ customerIds }, { timeoutMs: 1 }))).code, 'TIMED_OUT');
      const never: AsyncIterable<never> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
      for (const stream of [
        (options: StreamOptions) => all(client.scores(never, options)),
        (options: StreamOptions) => client.appendStream(never, options),
      ]) {
        const waiting = new AbortController();
        const asked = stream(waiting);
        setImmediate(() => waiting.abort(new RangeError('enough')));
        await assert.rejects(asked, RangeError);
      }
    });

    await t.test('a customer is shown and erased, models are listed', async () => {
      const { customerId, aliases, consent, asOf } = await client.customer('phone:1');
      assert.deepEqual([customerId, aliases, consent.sms.granted], ['ada', ['phone:1'], true]);
      assert.ok(asOf.offset >= 0);
      await client.eraseCustomer('phone:1');
      assert.equal((await thrown(client.customer('ada'))).code, 'CUSTOMER_UNKNOWN');
      const models = await client.models();
      assert.deepEqual(models, await plain.models());
      assert.ok(models.length > 0 && models.every(({ state }) => state === 'live'));
    });
  });

const thrownCode = async (asked: Promise<unknown>): Promise<string | undefined> => {
  try {
    await asked;
    return undefined;
  } catch (error) {
    return (error as CallError).code;
  }
};
