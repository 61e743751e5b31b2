import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shardOf } from '../../src/base/hash.ts';
import { runCommand } from '../cli/run-command.ts';
import { stateOf } from '../durability/state-check.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { ON_KAFKA, testBrokers, topicName } from '../support/kafka.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { until } from '../support/until.ts';
import { openClient, readTopic } from './topics.ts';

test('letters of a topic are listed, shown and sent again; what was accepted leaves the list', ON_KAFKA, async (t) => {
  const client = openClient(t);
  const [log, aside] = [topicName('log'), topicName('aside')];
  const env = { KAFKA_BROKERS: testBrokers().join(), KAFKA_LOG_TOPIC: log, KAFKA_DEAD_LETTER_TOPIC: aside };
  const dataDir = tempFolder(t);
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCommand(['dead-letters', ...args, '--data-dir', dataDir], {
      environment: env,
    });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  assert.equal(await run('list'), '', 'no topic, no data directory, no letters');
  const service = await startService(t, { env, dataDir });
  const key = Buffer.from('customer-1');
  const wrong = (shardOf(key, 0, key.length, 16) + 1) % 16;
  const value = Buffer.from(JSON.stringify(cloudEvent({ subject: 'customer-1', id: 'lost' })));
  const kept = ['kept', Buffer.from('yes')] as const;
  await client.produce(log, [
    { partition: wrong, key, value, headers: [kept] },
    { partition: wrong, key: null, value: Buffer.from('{'), headers: [] },
  ]);
  await until(async () => (await client.topic(aside)) !== undefined);
  await readTopic(client, aside, 2);

  const letters = (await run('list', '--json'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const [misplaced, malformed] = [`${log}/${wrong}/0`, `${log}/${wrong}/1`];
  assert.deepEqual(
    letters.map(({ name, code, type }) => [name, code, type]),
    [
      [misplaced, 'EVENT_MISPLACED', 'order.placed'],
      [malformed, 'MALFORMED_JSON', undefined],
    ],
  );
  assert.match(await run('list'), /unknown +MALFORMED_JSON: /);
  const shown = JSON.parse(await run('show', misplaced));
  assert.equal(shown.event.id, 'lost');
  assert.deepEqual(Buffer.from(shown.value, 'base64'), value);
  assert.deepEqual(shown.headers, [['kept', Buffer.from('yes').toString('base64')]]);

  const told = JSON.parse(await run('replay', '--url', `http://${service.http}`));
  assert.deepEqual(told, { sent: 1, unreadable: 1, accepted: 1, duplicates: 0, rejected: {}, left: 1 });
  const state = await stateOf(service);
  assert.equal(state.eventsApplied, 1);
  assert.equal(JSON.parse((await run('list', '--json')).trim()).name, malformed);

  // The log still holds the message: it is not set aside again.
  await service.stop();
  const again = await startService(t, { env, dataDir });
  assert.deepEqual(await stateOf(again), state);
  await client.produce(log, [{ partition: wrong, key: null, value: Buffer.from('['), headers: [] }]);
  await readTopic(client, aside, 4);
  assert.equal((await run('list', '--json')).trim().split('\n').length, 2);
});
