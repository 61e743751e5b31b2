import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { cloudEvent, jsonBytes } from '../support/cloud-event.ts';
import { BATCH, Client, STRUCTURED } from '../support/http-client.ts';
import { startService } from '../support/service.ts';

/** A good body with some of its bytes replaced, taken out or doubled. */
const damaged = (value: unknown): fc.Arbitrary<Uint8Array> => {
  const good = jsonBytes(value);
  const edit = fc.tuple(fc.nat(good.length - 1), fc.nat(2), fc.nat(255));
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    const bytes = [...good];
    for (const [at, how, byte] of edits) bytes.splice(at, how, ...(how === 2 ? [] : [byte]));
    return Uint8Array.from(bytes);
  });
};

const json = fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text));
const noise = fc.uint8Array({ maxLength: 300 });
const event = cloudEvent({ time: undefined });
const question = { customerId: 'C1', at: '2030-01-01T00:00:00Z', context: { a: 1 }, channels: ['sms'], limit: 3 };

test('whatever bytes come, the answer is never a fault of the service', async (t) => {
  const service = await startService(t);
  const client = new Client(t, service.http);
  const isAnswered = async (path: string, type: string, body: Uint8Array): Promise<void> => {
    const {
      status,
      json: answer,
      text,
    } = await client.ask(path, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    assert.ok(status >= 200 && status < 500, `${status} ${text}`);
    if (status >= 400) assert.deepEqual([answer.status, typeof answer.code], [status, 'string']);
  };
  const check = (path: string, type: string, good: unknown) =>
    t.test(`${path} as ${type}`, () =>
      fc.assert(
        fc.asyncProperty(fc.oneof(noise, json, damaged(good), damaged(good)), (body) => isAnswered(path, type, body)),
        { numRuns: 300 },
      ),
    );

  await check('/v1/events', STRUCTURED, event);
  await check('/v1/events', BATCH, [event, event]);
  await check('/v1/score', 'application/json', question);
  await check('/v1/score/batch', 'application/json', { customerIds: ['a', 'b'], at: '2030-01-01T00:00:00Z' });

  await t.test('any id that is accepted finds its customer', () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), async (subject) => {
        const { status, json: answer } = await client.events(
          cloudEvent({ id: subject, subject, type: 'member.joined', data: {} }),
        );
        if (status !== 202) {
          assert.equal(answer.code, 'EVENT_ATTRIBUTE_INVALID');
          return;
        }
        const { json: customer } = await client.ask(`/v1/customers/${encodeURIComponent(subject)}`);
        assert.equal(customer.customerId, subject);
        const { json: decision } = await client.score({ customerId: subject });
        assert.deepEqual([decision.customerId, decision.known], [subject, true]);
      }),
    ),
  );

  assert.ok(!service.output.stdout.includes('internal error'));
});
