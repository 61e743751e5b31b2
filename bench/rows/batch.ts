import { schemasOf } from '../api-schemas.ts';
import { openHttpRow } from '../http-row.ts';
import { customerIdOf } from '../orders.ts';
import type { Row } from '../row.ts';
import type { Sample } from '../sample.ts';
import { openScoringLoops } from './scoring-loop.ts';

const PATH = '/v1/score/batch';
const CUSTOMERS = 1000;
const CONNECTIONS = 4;
/** Rows of one ONNX run of the product. */
const CHUNK = 64;

export const batch: Row = {
  name: 'batch',
  product: `POST /v1/score/batch, ${CUSTOMERS} customers`,
  ceiling: 'sum of parts: Fastify echo, then ONNX Runtime alone',
  unit: 'customers',
  bar: { kind: 'ratio', pass: 0.5, excellent: 0.8 },
  isPromised: false,
  async open(bench) {
    const service = await bench.service();
    const { customers } = bench.size;
    const customerIds = Array.from({ length: CUSTOMERS }, (_, i) => customerIdOf(i));
    const reply = await service.ask<object>(PATH, { customerIds });
    const schemas = await schemasOf(service, PATH, 200);
    const row = await openHttpRow(
      bench,
      { kind: 'batch', path: PATH, customers, perRequest: CUSTOMERS },
      CONNECTIONS,
      { path: PATH, status: 200, ...schemas, reply, echo: 'customerIds' },
      [`reply of ${JSON.stringify(reply).length} bytes`],
    );
    const { child: loop } = await openScoringLoops(bench);
    return {
      ...row,
      async ceiling(durationMs) {
        const echo = await row.ceiling(durationMs / 2);
        return sumOfParts(echo, await loop.ask<Sample>('ceiling', { batch: CHUNK, durationMs: durationMs / 2 }));
      },
    };
  },
};

/** What both parts one after another would take for the work of the first. */
const sumOfParts = (first: Sample, second: Sample): Sample => {
  const share = first.work / second.work;
  return {
    ...first,
    wallSec: first.wallSec + second.wallSec * share,
    cpuSec: first.cpuSec + second.cpuSec * share,
  };
};
