/** The ceiling of gRPC rows: plain grpc-js with the product's messages, which replies one decision with the id asked for. */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Decision } from '../../src/serving/grpc/generated/beckon/v1/decision.ts';
import {
  ScoreResponse,
  type ScoringServiceServer,
  ScoringServiceService,
} from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';
import { answerQuestions } from '../child-side.ts';

/** @param reply an encoded `ScoreResponse`. @returns `host:port` */
const listen = async (reply: string): Promise<string> => {
  const decision = ScoreResponse.decode(Buffer.from(reply, 'base64')).decision as Decision;
  const server = new Server();
  server.addService(ScoringServiceService, {
    score: ((call, done) =>
      done(null, {
        decision: { ...decision, customerId: call.request.customerId },
      })) as ScoringServiceServer['score'],
    scoreStream: ((call) => {
      call.on('data', ({ id, request }) =>
        call.write({
          id,
          result: { $case: 'decision', value: { ...decision, customerId: request?.customerId ?? '' } },
        }),
      );
      call.on('end', () => call.end());
    }) as ScoringServiceServer['scoreStream'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve(port) : reject(error),
  );
  return `127.0.0.1:${await promise}`;
};

answerQuestions({ listen });
