/**
 * The gRPC client's process: closed loop over bare HTTP/2, which takes less than a gRPC library; looks at every answer.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { build, type Histogram } from 'hdr-histogram-js';
import type { Decision } from '../../src/serving/grpc/generated/beckon/v1/decision.ts';
import {
  ColumnType,
  ScoreBatchRequest,
  ScoreBatchResponse,
  ScoreRequest,
  ScoreResponse,
  ScoreStreamRequest,
  ScoreStreamResponse,
} from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';
import { answerQuestions } from '../child-side.ts';
import { customerIdOf } from '../orders.ts';
import { shuffled } from '../random.ts';
import { decisionProblem } from '../traffic/answers.ts';
import { BATCH_CUSTOMERS, columnsProblem } from '../traffic/columns.ts';
import type { LoadResult } from './client.ts';

export interface GrpcLoad {
  /** `host:port` */
  readonly address: string;
  /** One call a question, streams of questions, or batches that are answered by columns. */
  readonly kind: 'unary' | 'stream' | 'columns';
  readonly customers: number;
  /** Questions under way: batches where those are asked for. */
  readonly concurrency: number;
  readonly durationMs: number;
}

const SEED = 13;
const CONNECTIONS = 4;
const PREFIX_BYTES = 5;
/** One answer in this many is read whole: all of them would make the client the bottleneck. */
const THOROUGH_EVERY = 16;
const WRONG_SHOWN = 5;
const LATENCY_US_MAX = 10_000_000;
const SERVICE = '/beckon.v1.ScoringService/';

let order: Uint32Array = new Uint32Array(0);
let count = 0;

const load = async ({ address, kind, customers, concurrency, durationMs }: GrpcLoad): Promise<LoadResult> => {
  if (order.length !== customers) order = shuffled(customers, SEED);
  const run = new Run(performance.now() + durationMs);
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  const sessions = Array.from({ length: CONNECTIONS }, () => connect(`http://${address}`));
  const lanes =
    kind === 'stream'
      ? streamLanes(sessions, run, concurrency)
      : callLanes(sessions, run, concurrency, kind === 'unary' ? unary : columns);
  await Promise.all(lanes);
  const wallSec = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(startCpu);
  for (const session of sessions) session.close();
  const latencyMs = { p50: run.latencyMs(50), p99: run.latencyMs(99) };
  const { answers, wrong, wrongCount } = run;
  return {
    work: answers,
    wallSec,
    clientCpuSec: (user + system) / 1e6,
    latencyMs,
    checked: answers,
    wrong,
    wrongCount,
  };
};

/** One run, and what came of it. */
class Run {
  answers = 0;
  wrongCount = 0;
  readonly wrong: string[] = [];
  private readonly endMs: number;
  private readonly latencyUs: Histogram = build({
    highestTrackableValue: LATENCY_US_MAX,
    numberOfSignificantValueDigits: 3,
  });

  constructor(endMs: number) {
    this.endMs = endMs;
  }

  get isOver(): boolean {
    return performance.now() >= this.endMs;
  }

  next(): string {
    return customerIdOf(order[count++ % order.length]);
  }

  latencyMs(percentile: number): number {
    return this.latencyUs.getValueAtPercentile(percentile) / 1000;
  }

  /** @param decisionOf reads an answer whole */
  take(message: Buffer, id: string, sentMs: number, decisionOf: (message: Buffer) => Decision | undefined): void {
    this.latencyUs.recordValue(Math.round((performance.now() - sentMs) * 1000));
    const isThorough = this.answers++ % THOROUGH_EVERY === 0;
    if (!message.includes(id)) this.refuse(`not an answer about ${id}`);
    else if (isThorough) {
      const decision = decisionOf(message);
      const problem = decision === undefined ? `no decision for ${id}` : decisionProblem(decision, id);
      if (problem !== undefined) this.refuse(problem);
    }
  }

  takeColumns(message: Buffer, rows: number, sentMs: number): void {
    this.latencyUs.recordValue(Math.round((performance.now() - sentMs) * 1000));
    const isThorough = (this.answers / rows) % THOROUGH_EVERY === 0;
    this.answers += rows;
    const problem = columnsProblem(ScoreBatchResponse.decode(message).columns, rows, isThorough);
    if (problem !== undefined) this.refuse(problem);
  }

  refuse(problem: string): void {
    this.wrongCount++;
    if (this.wrong.length < WRONG_SHOWN) this.wrong.push(problem);
  }
}

const open = (session: ClientHttp2Session, method: string): ClientHttp2Stream =>
  session.request({
    ':method': 'POST',
    ':path': SERVICE + method,
    'content-type': 'application/grpc',
    te: 'trailers',
  });

const framed = (message: Uint8Array): Buffer => {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
};

const NOTHING = ScoreRequest.decode(new Uint8Array());
const question = (customerId: string): ScoreRequest => ({ ...NOTHING, customerId });

const callLanes = (
  sessions: readonly ClientHttp2Session[],
  run: Run,
  concurrency: number,
  ask: (session: ClientHttp2Session, run: Run) => Promise<void>,
): Promise<void>[] =>
  Array.from({ length: concurrency }, async (_, lane) => {
    while (!run.isOver) await ask(sessions[lane % sessions.length], run);
  });

const unary = async (session: ClientHttp2Session, run: Run): Promise<void> => {
  const id = run.next();
  const sentMs = performance.now();
  const answer = await called(session, 'Score', ScoreRequest.encode(question(id)).finish(), run);
  if (answer !== undefined) run.take(answer, id, sentMs, (message) => ScoreResponse.decode(message).decision);
};

const columns = async (session: ClientHttp2Session, run: Run): Promise<void> => {
  const customerIds = Array.from({ length: BATCH_CUSTOMERS }, () => run.next());
  const sentMs = performance.now();
  const asked = { ...question(''), customerIds, columns: ColumnType.F32 };
  const answer = await called(session, 'ScoreBatch', ScoreBatchRequest.encode(asked).finish(), run);
  if (answer !== undefined) run.takeColumns(answer, customerIds.length, sentMs);
};

/** @returns the message of the answer, undefined where the call failed */
const called = (
  session: ClientHttp2Session,
  method: string,
  message: Uint8Array,
  run: Run,
): Promise<Buffer | undefined> => {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const stream = open(session, method);
  const parts: Buffer[] = [];
  let status = '';
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('trailers', (trailers) => {
    status = String(trailers['grpc-status']);
  });
  stream.on('error', (error) => run.refuse(error.message));
  stream.on('close', () => {
    if (status !== '0') run.refuse(`a call ended with status ${status}`);
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    resolve(status === '0' ? bytes.subarray(PREFIX_BYTES) : undefined);
  });
  stream.end(framed(message));
  return promise;
};

/** A stream a connection, each with its part of the questions under way. */
const streamLanes = (sessions: readonly ClientHttp2Session[], run: Run, concurrency: number): Promise<void>[] =>
  sessions.map((session) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stream = open(session, 'ScoreStream');
    const asked: { id: string; sentMs: number }[] = [];
    let rest: Buffer = Buffer.alloc(0);
    const ask = (): void => {
      const id = run.next();
      asked.push({ id, sentMs: performance.now() });
      stream.write(framed(ScoreStreamRequest.encode({ id, request: question(id) }).finish()));
    };
    stream.on('data', (part: Buffer) => {
      let bytes = rest.length === 0 ? part : Buffer.concat([rest, part]);
      for (;;) {
        const end = bytes.length < PREFIX_BYTES ? Infinity : PREFIX_BYTES + bytes.readUInt32BE(1);
        if (end > bytes.length) break;
        const { id, sentMs } = asked.shift() as { id: string; sentMs: number };
        run.take(bytes.subarray(PREFIX_BYTES, end), id, sentMs, streamDecision);
        bytes = bytes.subarray(end);
        if (!run.isOver) ask();
        else if (asked.length === 0) stream.end();
      }
      rest = bytes;
    });
    stream.on('error', (error) => run.refuse(error.message));
    stream.on('close', () => {
      if (asked.length > 0) run.refuse(`a stream ended with ${asked.length} questions open`);
      resolve();
    });
    for (let i = 0; i < concurrency / sessions.length; i++) ask();
    return promise;
  });

const streamDecision = (message: Buffer): Decision | undefined => {
  const { result } = ScoreStreamResponse.decode(message);
  return result?.$case === 'decision' ? result.value : undefined;
};

answerQuestions({ load });
