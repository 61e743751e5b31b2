import { schemasOf } from '../api-schemas.ts';
import { openHttpRow } from '../http-row.ts';
import type { Row } from '../row.ts';

const PATH = '/v1/events';

export const singleEvent: Row = {
  name: 'single-event',
  product: 'POST /v1/events, one event, durable',
  ceiling: 'Fastify, body taken as bytes, same reply',
  unit: 'events',
  bar: { kind: 'ratio', pass: 0.3, excellent: 0.5 },
  isPromised: true,
  async open(bench) {
    const { response } = await schemasOf(await bench.service(), PATH, 202);
    return openHttpRow(
      bench,
      { kind: 'events', path: PATH, customers: bench.size.customers, perRequest: 1 },
      64,
      {
        path: PATH,
        status: 202,
        request: undefined,
        response,
        reply: { accepted: 1, duplicates: 0, rejected: [] },
        echo: 'nothing',
      },
      ['new event ids'],
    );
  },
};
