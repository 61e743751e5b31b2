import { connect } from 'node:http2';
import { customerIdOf } from '../../bench/orders.ts';
import { decisionProblem } from '../../bench/traffic/answers.ts';
import { ScoreRequest, ScoreResponse } from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';
import type { Done, Send } from './open-loop.ts';

const CONNECTIONS = 4;
const PREFIX_BYTES = 5;
const PATH = '/beckon.v1.ScoringService/Score';
/** One answer in this many is read whole. */
const THOROUGH_EVERY = 16;
const NOTHING = { campaignId: undefined, context: undefined, limit: undefined, explain: undefined, at: undefined };

/**
 * Asks for scores by unary calls over four connections.
 * @param address `host:port`
 * @param next the number of the customer to ask for
 * @param isChecked false where the server replies the same whoever is asked for
 */
export const grpcSender = (
  address: string,
  next: () => number,
  isChecked: boolean,
): { readonly send: Send; close(): void } => {
  const sessions = Array.from({ length: CONNECTIONS }, () => {
    const session = connect(`http://${address}`);
    // Told by the calls that fail by it.
    session.on('error', () => {});
    return session;
  });
  let count = 0;
  return {
    send(done: Done) {
      const id = customerIdOf(next());
      const number = count++;
      const stream = sessions[number % CONNECTIONS].request({
        ':method': 'POST',
        ':path': PATH,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const parts: Buffer[] = [];
      let problem: string | undefined = 'a call was closed without a status';
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('trailers', (trailers) => {
        const status = String(trailers['grpc-status']);
        problem = status === '0' ? undefined : `a call ended with status ${status}`;
      });
      stream.on('error', (error) => {
        problem = error.message;
      });
      stream.on('close', () => {
        const message = Buffer.concat(parts).subarray(PREFIX_BYTES);
        if (isChecked) problem ??= answerProblem(message, id, number % THOROUGH_EVERY === 0);
        done(problem);
      });
      stream.end(framed(ScoreRequest.encode({ ...NOTHING, customerId: id, channels: [], actions: [] }).finish()));
    },
    close() {
      for (const session of sessions) session.destroy();
    },
  };
};

const answerProblem = (message: Buffer, id: string, isThorough: boolean): string | undefined => {
  if (!message.includes(id)) return `not an answer about ${id}`;
  if (!isThorough) return undefined;
  const { decision } = ScoreResponse.decode(message);
  return decision === undefined ? `no decision for ${id}` : decisionProblem(decision, id);
};

const framed = (message: Uint8Array): Buffer => {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
};
