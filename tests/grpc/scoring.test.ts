import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { asHttp, comparable } from './as-http.ts';
import { GrpcClient, type Message, struct } from './grpc-client.ts';

const AT = '2026-01-31T09:00:00.000Z';
const CUSTOMERS = 40;

test('scores over gRPC', async (t) => {
  const service = await startService(t, { args: ['--clock', 'log'] });
  const http = new Client(t, service.http);
  const client = new GrpcClient(t, service.grpc);
  const events = Array.from({ length: CUSTOMERS }, (_, i) => [
    cloudEvent({
      id: `o${i}`,
      subject: `c${i}`,
      time: '2025-12-01T10:00:00Z',
      data: { orderId: `${i}`, amount: 10 * i },
    }),
    cloudEvent({
      ...{ id: `a${i}`, subject: `c${i}`, type: 'identity.linked', time: '2025-12-01T10:00:00Z' },
      data: { alias: `phone:tel-${i}` },
    }),
    cloudEvent({
      ...{ id: `g${i}`, subject: `c${i}`, type: 'consent.granted', time: '2025-12-01T10:00:00Z' },
      data: { channel: '*' },
    }),
  ]).flat();
  assert.equal((await http.events(events)).json.accepted, events.length);

  await t.test('the decision for a customer is that of HTTP, in every field', async () => {
    for (let i = 0; i < CUSTOMERS + 2; i++) {
      const asked = { customerId: `c${i}`, at: AT, limit: 1 + (i % 5) };
      const { decision } = await client.ask('ScoringService', 'score', asked);
      assert.deepEqual(comparable(asHttp(decision)), comparable((await http.score(asked)).json), asked.customerId);
    }
    const narrow = { customerId: 'c3', at: AT, campaignId: 'call-list', channels: ['ai_call'] };
    const { decision } = await client.ask('ScoringService', 'score', { ...narrow, context: struct({ hour: 9 }) });
    assert.deepEqual(comparable(asHttp(decision)), comparable((await http.score(narrow)).json));
    assert.equal(decision.decision.hold === true || decision.decision.channel === 'ai_call', true);
  });

  await t.test('a batch is answered in order, whether a thread of its own takes it or not', async () => {
    for (const size of [3, 300]) {
      const customerIds = Array.from({ length: size }, (_, i) => `c${i % (CUSTOMERS + 1)}`);
      const { results } = await client.ask('ScoringService', 'scoreBatch', { customerIds, at: AT });
      const { json } = await http.ask('/v1/score/batch', { body: { customerIds, at: AT } });
      assert.deepEqual(
        results.map((one: Message) => comparable(asHttp(one))),
        json.results.map(comparable),
      );
    }
  });

  await t.test('a stream answers in the order of its questions, and goes on after one that is refused', async () => {
    const call = client.open('ScoringService', 'scoreStream');
    const answers: Message[] = [];
    call.on('data', (answer: Message) => answers.push(answer));
    const ids = Array.from({ length: 3000 }, (_, i) => (i % 100 === 50 ? '' : `c${i % CUSTOMERS}`));
    for (const [i, customerId] of ids.entries()) call.write({ id: `${i}`, request: { customerId, at: AT } });
    call.end();
    await once(call, 'end');
    assert.deepEqual(
      answers.map(({ id, decision, error }) => [id, decision?.customerId ?? error.code]),
      ids.map((id, i) => [`${i}`, id === '' ? 'REQUEST_INVALID' : id]),
    );
  });

  await t.test('a caller who does not read is not answered without end, and harms nobody', async () => {
    const call = client.open('ScoringService', 'scoreStream');
    let sent = 0;
    // Until the service takes no more; the limit is far above what its buffers hold.
    while (sent < 200_000 && call.write({ id: `${sent}`, request: { customerId: 'c1', at: AT } })) sent++;
    await client.ask('ScoringService', 'score', { customerId: 'c2', at: AT });
    call.cancel();
    await once(call, 'error');
    await client.ask('ScoringService', 'score', { customerId: 'c2', at: AT });
  });

  await t.test('what is asked wrongly is refused with the code of HTTP and its status', async () => {
    const cases: [Message, string, string][] = [
      [{ customerId: '' }, 'INVALID_ARGUMENT', 'REQUEST_INVALID'],
      [{ customerId: 'c1', channels: ['fax'] }, 'INVALID_ARGUMENT', 'REQUEST_INVALID'],
      [{ customerId: 'c1', limit: 0 }, 'INVALID_ARGUMENT', 'REQUEST_INVALID'],
      [{ customerId: 'c1', at: 'now' }, 'INVALID_ARGUMENT', 'REQUEST_INVALID'],
      [{ customerId: 'c1', at: '2025-01-01T00:00:00Z' }, 'FAILED_PRECONDITION', 'AT_BEFORE_STATE'],
      [{ customerId: 'c1', campaignId: 'none' }, 'NOT_FOUND', 'CAMPAIGN_UNKNOWN'],
    ];
    for (const [asked, code, reason] of cases) {
      const refused = await client.refusal('ScoringService', 'score', asked);
      assert.equal(refused.code, code, reason);
      assert.ok(refused.details.includes(reason) && refused.details.includes('google.rpc.ErrorInfo'), refused.details);
      const { at, ...rest } = asked;
      assert.equal((await http.score({ ...rest, ...(at && { at }) })).json.code, reason);
    }
    const many = Array.from({ length: 10_001 }, (_, i) => `c${i}`);
    const large = await client.refusal('ScoringService', 'scoreBatch', { customerIds: many });
    assert.deepEqual([large.code, large.details.includes('BATCH_TOO_LARGE')], ['RESOURCE_EXHAUSTED', true]);
    const huge = await client.refusal('ScoringService', 'score', { customerId: 'c'.repeat(2 << 20) });
    assert.equal(huge.code, 'RESOURCE_EXHAUSTED');
  });

  await t.test('a deadline that has passed ends a call', async () => {
    const late = await client.refusal('ScoringService', 'score', { customerId: 'c1' }, { deadline: Date.now() - 1 });
    assert.equal(late.code, 'DEADLINE_EXCEEDED');
  });

  await t.test('models are listed; what has no route yet is declared and says so', async () => {
    const { models } = await client.ask('ModelsService', 'list', {});
    assert.deepEqual(models, (await http.ask('/v1/models')).json.models);
    for (const [name, method] of [
      ['CallsService', 'next'],
      ['ContactsService', 'reserve'],
    ] as const)
      assert.equal((await client.refusal(name, method, {})).code, 'UNIMPLEMENTED');
  });
});
