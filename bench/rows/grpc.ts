import { credentials } from '@grpc/grpc-js';
import { ScoreResponse, ScoringServiceClient } from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';
import type { GrpcLoad } from '../children/grpc-client.ts';
import { customerIdOf } from '../orders.ts';
import type { Row } from '../row.ts';

const CONCURRENCY = 64;

/** An answer of the service, encoded. */
const replyOf = (address: string): Promise<Buffer> => {
  const client = new ScoringServiceClient(address, credentials.createInsecure());
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const question = { customerId: customerIdOf(0), channels: [], actions: [] };
  client.score({ ...NOTHING, ...question }, (error, answer) => {
    client.close();
    if (error === null) resolve(Buffer.from(ScoreResponse.encode(answer).finish()));
    else reject(error);
  });
  return promise;
};

const NOTHING = { campaignId: undefined, context: undefined, limit: undefined, explain: undefined, at: undefined };

const grpcRow = (kind: GrpcLoad['kind'], pass: number, excellent: number): Row => ({
  name: `grpc-${kind}`,
  product: kind === 'unary' ? 'ScoringService/Score, the whole decision' : 'ScoringService/ScoreStream, the same',
  ceiling: 'grpc-js echo, same messages, same reply',
  unit: 'decisions',
  bar: { kind: 'ratio', pass, excellent },
  isPromised: false,
  async open(bench) {
    const service = await bench.service();
    const { customers } = bench.size;
    const reply = await replyOf(service.grpc);
    const server = bench.measuredChild('grpc-echo.ts');
    const echo = await server.ask<string>('listen', reply.toString('base64'));
    const load = (address: string, durationMs: number, cpuSec: () => number) =>
      bench.loadGrpc({ address, kind, customers, concurrency: CONCURRENCY, durationMs }, cpuSec);
    return {
      notes: [`${CONCURRENCY} questions under way`, `reply of ${reply.length} bytes`],
      ceiling: (durationMs) => load(echo, durationMs, () => server.cpuSec()),
      product: (durationMs) => load(service.grpc, durationMs, () => service.cpuSec()),
      close: () => server.stop(),
    };
  },
});

export const grpcUnary = grpcRow('unary', 0.8, 0.9);
export const grpcStream = grpcRow('stream', 0.7, 0.85);
