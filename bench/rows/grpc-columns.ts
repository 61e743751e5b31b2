import { credentials } from '@grpc/grpc-js';
import {
  ColumnType,
  type ScoreBatchResponse,
  ScoringServiceClient,
} from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';
import { customerIdOf } from '../orders.ts';
import type { Row } from '../row.ts';
import type { Sample } from '../sample.ts';
import type { Service } from '../service.ts';
import { BATCH_CUSTOMERS, floatsOf } from '../traffic/columns.ts';

/** Batches under way. */
const CONCURRENCY = 4;
/** Rows of one ONNX run, as the product has them. */
const CHUNK = 64;
/** Numbers of decisions have 4 digits. */
const NEAR = 0.0001;

const columnsOf = (address: string, customerIds: string[], at: string): Promise<ScoreBatchResponse> => {
  const client = new ScoringServiceClient(address, credentials.createInsecure());
  const { promise, resolve, reject } = Promise.withResolvers<ScoreBatchResponse>();
  const asked = { campaignId: undefined, context: undefined, limit: undefined };
  const question = { ...asked, customerIds, at, channels: [], actions: [], columns: ColumnType.F32 };
  client.scoreBatch(question, (error, answer) => {
    client.close();
    if (error === null) resolve(answer);
    else reject(error);
  });
  return promise;
};

/** @throws where the columns say otherwise than the decisions of the same customers */
const compare = async (service: Service, customerIds: string[]): Promise<void> => {
  // One moment for both: a feature that passes a split of a tree in between would make them differ.
  const at = new Date().toISOString();
  const { columns } = await columnsOf(service.grpc, customerIds, at);
  const { results } = await service.ask<{ results: { scores: Record<string, number> }[] }>('/v1/score/batch', {
    customerIds,
    at,
  });
  for (const name of Object.keys(results[0].scores)) {
    const column = columns?.columns.find((one) => one.name === name);
    const numbers = column === undefined ? new Float32Array(0) : floatsOf(column);
    for (const [i, { scores }] of results.entries())
      if (!(Math.abs(numbers[i] - scores[name]) < NEAR))
        throw new Error(`${name} of ${customerIds[i]} is ${numbers[i]} by columns and ${scores[name]} by decision`);
  }
};

export const grpcColumns: Row = {
  name: 'grpc-columns',
  product: `ScoringService/ScoreBatch by columns, ${BATCH_CUSTOMERS} customers`,
  ceiling: `features and heads, in process, batch ${CHUNK}`,
  unit: 'customers',
  bar: { kind: 'ratio', pass: 0.75 },
  isPromised: false,
  async open(bench) {
    const service = await bench.service();
    const { customers } = bench.size;
    await compare(
      service,
      Array.from({ length: BATCH_CUSTOMERS }, (_, i) => customerIdOf(i)),
    );
    const loop = bench.measuredChild('scoring-loop.ts');
    await loop.ask('open', { dataDir: await bench.peopleDir(), customers, batches: [CHUNK] });
    const load = { address: service.grpc, kind: 'columns' as const, customers, concurrency: CONCURRENCY };
    return {
      notes: [`${CONCURRENCY} batches under way`, 'compared with decisions'],
      ceiling: (durationMs) => loop.ask<Sample>('product', { batch: CHUNK, durationMs }),
      product: (durationMs) => bench.loadGrpc({ ...load, durationMs }, () => service.cpuSec()),
      close: () => loop.stop(),
    };
  },
};
