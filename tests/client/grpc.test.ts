import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from 'beckon/client';
import { clientContract } from './contract.ts';

clientContract('gRPC', ({ http, grpc }) => ({ http: `http://${http}`, grpc }));

test('an empty list, which a message cannot tell from none, never becomes all', async () => {
  const client = connect({ http: '127.0.0.1:1', grpc: '127.0.0.1:1', retriesMax: 0 });
  for (const list of [{ channels: [] }, { actions: [] }]) {
    const question = { customerId: 'ada', ...list };
    const refused = { name: 'CallError', code: 'REQUEST_INVALID', retryable: false };
    await assert.rejects(client.score(question), refused);
    await assert.rejects(client.scoreBatch({ customerIds: ['ada'], ...list }), refused);
    await assert.rejects(client.scores([question]).next(), refused);
  }
  client.close();
});
