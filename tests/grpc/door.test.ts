import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { service as health } from 'grpc-health-check';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { failingService, startService } from '../support/service.ts';
import { GrpcClient, type Message } from './grpc-client.ts';

/** A client of a service whose definition comes from elsewhere. */
const clientOf = (t: { after(f: () => void): void }, definition: grpc.ServiceDefinition, address: string): Message => {
  const client = new (grpc.makeClientConstructor(definition, 'any'))(address, grpc.credentials.createInsecure());
  t.after(() => client.close());
  return client;
};

test('a stop answers calls under way, ends streams once what they sent is answered, and tells the health service', async (t) => {
  const service = await startService(t, { env: { BECKON_SERVING_THREADS: '2' } });
  await new Client(t, service.http).events(cloudEvent({ id: 'o1', subject: 'ada' }));
  const client = new GrpcClient(t, service.grpc);
  const watched = clientOf(t, health as unknown as grpc.ServiceDefinition, service.grpc).watch({ service: '' });
  const told: string[] = [];
  watched.on('data', ({ status }: { status: string }) => told.push(status)).on('error', () => {});
  await once(watched, 'data');
  const stream = client.open('ScoringService', 'scoreStream');
  const answers: Message[] = [];
  stream.on('data', (answer: Message) => answers.push(answer));
  stream.write({ id: 'first', request: { customerId: 'ada' } });
  await once(stream, 'data');
  let accepted = 0;
  let isOver = false;
  const refusals = new Set<string>();
  const caller = async (): Promise<void> => {
    while (!isOver) {
      try {
        const { decision } = await client.ask('ScoringService', 'score', { customerId: 'ada' });
        assert.equal(decision.customerId, 'ada');
        accepted++;
      } catch (error) {
        isOver = true;
        refusals.add(grpc.status[(error as grpc.ServiceError).code]);
      }
    }
  };
  const callers = Array.from({ length: 16 }, caller);
  while (accepted < 200) await new Promise(setImmediate);
  const ended = once(stream, 'error');
  const exit = await service.stop();
  const [error] = (await ended) as [grpc.ServiceError];
  await Promise.all(callers);
  assert.equal(exit, 0);
  assert.equal(grpc.status[error.code], 'UNAVAILABLE');
  assert.deepEqual([...refusals], ['UNAVAILABLE'], 'a call that was taken is answered');
  assert.equal(answers.length, 1);
  assert.deepEqual(told, ['SERVING', 'NOT_SERVING']);
});

test('reflection shows every service, and bytes that are no call harm nobody', async (t) => {
  const service = await startService(t);
  const path = fileURLToPath(import.meta.resolve('@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto'));
  const reflection = loadSync(path)['grpc.reflection.v1.ServerReflection'] as unknown as grpc.ServiceDefinition;
  const call = clientOf(t, reflection, service.grpc).serverReflectionInfo();
  call.write({ listServices: '*' });
  const [answer] = await once(call, 'data');
  call.end();
  const names = answer.listServicesResponse.service.map(({ name }: { name: string }) => name);
  for (const name of ['Calls', 'Contacts', 'Events', 'Models', 'Scoring'])
    assert.ok(names.includes(`beckon.v1.${name}Service`));
  const client = new GrpcClient(t, service.grpc);
  const raw = new grpc.Client(service.grpc, grpc.credentials.createInsecure());
  t.after(() => raw.close());
  const codes: string[] = [];
  const bytes = (value: Buffer): Buffer => value;
  for (const body of [Buffer.from([0x0a, 0xff]), Buffer.alloc(100, 0xff), Buffer.from([0x0a, 0x03, 0xc3, 0x28, 0x41])])
    await new Promise<void>((resolve) => {
      raw.makeUnaryRequest('/beckon.v1.ScoringService/Score', bytes, bytes, body, (error) => {
        codes.push(grpc.status[error?.code ?? 0]);
        resolve();
      });
    });
  assert.deepEqual(codes, ['INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'INVALID_ARGUMENT']);
  const { decision } = await client.ask('ScoringService', 'score', { customerId: 'ada' });
  assert.equal(decision.customerId, 'ada');
});

test('a port in use is said to be', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const { exit, stderr } = await failingService(t, { args: ['--grpc-port', `${port}`] });
  assert.equal(exit, 1);
  assert.match(stderr, new RegExp(`ADDRESS_UNAVAILABLE: 127.0.0.1:${port} cannot be listened on`));
});
