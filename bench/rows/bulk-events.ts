import type { Row } from '../row.ts';
import type { Sample } from '../sample.ts';
import type { TrafficKind } from '../traffic/kinds.ts';

const PATH = '/v1/events';
const EVENTS = 100;
/** Enough to keep both threads busy, and few enough that bodies of 30 KB do not queue up. */
const CONNECTIONS = 16;

export const bulkEvents: Row = {
  name: 'bulk-events',
  product: `POST /v1/events, ${EVENTS} a body, durable`,
  ceiling: 'JSON.parse alone over the same bytes',
  unit: 'events',
  bar: { kind: 'ratio', pass: 0.2, excellent: 0.4 },
  isPromised: false,
  async open(bench) {
    const service = await bench.service();
    const traffic: TrafficKind = { kind: 'events', path: PATH, customers: bench.size.customers, perRequest: EVENTS };
    const parser = bench.measuredChild('parse-loop.ts');
    await parser.ask('openBodies', traffic);
    return {
      notes: [`${CONNECTIONS} connections`, 'new event ids'],
      ceiling: (durationMs) => parser.ask<Sample>('parse', durationMs),
      product: (durationMs) =>
        bench.load({ url: service.url, traffic, connections: CONNECTIONS, durationMs }, () => service.cpuSec()),
      close: () => parser.stop(),
    };
  },
};
