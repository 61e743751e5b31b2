import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'node:test';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client, rawRequest, statuses, Wire } from '../support/http-client.ts';
import { startService } from '../support/service.ts';

const POSTERS = 16;
const ACKNOWLEDGED_BEFORE = 200;

test('SIGTERM under load loses nothing that was acknowledged', async (t) => {
  const service = await startService(t);
  const client = new Client(t, service.http, POSTERS);
  const acknowledged = new Set<string>();
  const enough = Promise.withResolvers<void>();
  const post = async (poster: number): Promise<void> => {
    for (let i = 0; ; i++) {
      const id = `${poster}-${i}`;
      const reply = await client.events(cloudEvent({ id, subject: id })).catch(() => undefined);
      // The connection ended, or was never made: nothing was promised.
      if (reply === undefined) return;
      if (reply.status === 503) {
        assert.equal(reply.json.code, 'NOT_READY');
        continue;
      }
      assert.equal(reply.status, 202);
      acknowledged.add(id);
      if (acknowledged.size === ACKNOWLEDGED_BEFORE) enough.resolve();
    }
  };
  const posters = Promise.all(Array.from({ length: POSTERS }, (_, poster) => post(poster)));
  await enough.promise;
  const stopped = service.stop();
  service.process.kill('SIGTERM');
  assert.equal(await stopped, 0);
  await posters;
  assert.equal(service.output.stderr, '');
  const again = await startService(t, { dataDir: service.dataDir });
  const reader = new Client(t, again.http);
  const { json: state } = await reader.ask('/v1/state');
  // An event can be in the log although its acknowledgement did not arrive; never the other way round.
  assert.ok(state.eventsApplied >= acknowledged.size && state.eventsApplied <= acknowledged.size + POSTERS);
  await Promise.all(
    [...acknowledged].map(async (id) => {
      const { json } = await reader.ask(`/v1/customers/${id}`);
      assert.equal(json.features?.orders, 1, id);
    }),
  );
});

test('a stop answers what is under way and takes nothing new', async (t) => {
  const service = await startService(t, { args: ['--request-timeout-ms', '600000'] });
  const client = new Client(t, service.http);
  const customerIds = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
  const batch = client.ask('/v1/score/batch', { body: { customerIds } });
  // The batch is under way when a later request is answered.
  await client.score({ customerId: 'a' });
  const stopped = service.stop();
  const { status, json } = await batch;
  assert.deepEqual([status, json.results.length], [200, 10_000]);
  assert.equal(await stopped, 0);
  const [host, port] = service.http.split(':');
  const [error] = await once(connect({ host, port: Number(port) }), 'error');
  assert.equal(error.code, 'ECONNREFUSED');
  const lines = service.output.stdout.trim().split('\n');
  assert.equal(JSON.parse(lines.at(-1) as string).msg, 'stopped');
  // Nor does the connection of the answer hold the stop, although its client would keep it.
  assert.ok(!service.output.stdout.includes('still under way'));
});

test('connections on which nothing is asked do not hold a stop', async (t) => {
  const service = await startService(t, { args: ['--request-timeout-ms', '600000'] });
  const wires = [service.http, service.admin].flatMap((address) => {
    const idle = new Wire(t, address);
    idle.send(rawRequest('GET', '/livez', {}));
    return [idle, new Wire(t, address)];
  });
  await Promise.all(wires.map(({ socket }) => once(socket, 'connect')));
  await Promise.all([wires[0].until(/live/), wires[2].until(/live/)]);
  assert.equal(await service.stop(), 0);
  await Promise.all(wires.map(({ closed }) => closed));
  assert.deepEqual(
    wires.map(({ received }) => statuses(received).join()),
    ['200', '', '200', ''],
  );
  assert.ok(!service.output.stdout.includes('still under way'));
});

test('a request that never arrives holds a stop for the time of a request at most', async (t) => {
  const service = await startService(t, { args: ['--request-timeout-ms', '1000'] });
  const wires = [service.http, service.admin].map((address) => new Wire(t, address));
  for (const wire of wires) wire.send('GET /livez HTTP/1.1\r\nhost:');
  await Promise.all(wires.map(({ socket }) => once(socket, 'connect')));
  assert.equal(await service.stop(), 0);
  await Promise.all(wires.map(({ closed }) => closed));
  assert.ok(!service.output.stdout.includes('still under way'));
});
