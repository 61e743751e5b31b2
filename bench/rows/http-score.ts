import { schemasOf } from '../api-schemas.ts';
import { openHttpRow } from '../http-row.ts';
import { customerIdOf } from '../orders.ts';
import type { Row } from '../row.ts';
import { checkAgainstBatch } from '../score-check.ts';

const PATH = '/v1/score';

export const httpScore: Row = {
  name: 'http-score',
  product: 'POST /v1/score, one customer, the whole decision',
  ceiling: 'Fastify echo, same schemas, same reply',
  unit: 'requests',
  bar: { kind: 'ratio', pass: 0.6, excellent: 0.8 },
  isPromised: true,
  prepare: (bench) => bench.service(),
  async open(bench) {
    const service = await bench.service();
    const { customers } = bench.size;
    const compared = await checkAgainstBatch(service, customers);
    const reply = await service.ask<object>(PATH, { customerId: customerIdOf(0) });
    const schemas = await schemasOf(service, PATH, 200);
    return openHttpRow(
      bench,
      { kind: 'score', path: PATH, customers, perRequest: 1 },
      64,
      { path: PATH, status: 200, ...schemas, reply, echo: 'customerId' },
      [
        `${customers} customers in random order`,
        `reply of ${JSON.stringify(reply).length} bytes`,
        `${compared} answers compared with the batch route`,
      ],
    );
  },
};
