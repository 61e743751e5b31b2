import type { ServerHttp2Stream } from 'node:http2';
import { type handleBidiStreamingCall, Metadata, type ServerDuplexStream } from '@grpc/grpc-js';
import { type BeckonError, ERRORS } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Decision } from '../../decisions/decision.ts';
import { ownError } from '../own-error.ts';
import type { ServingParts } from '../parts.ts';
import { refuseWhenNotReady } from '../ready.ts';
import { type Behind, type BehindNow, beginCall, shuttingDown } from './call.ts';
import { DecisionWriter } from './decision-writer.ts';
import { ScoreRequest, type ScoreStreamRequest, type ScoreStreamResponse } from './generated/beckon/v1/scoring.ts';
import { scoreAsked } from './questions.ts';
import { errorResponse } from './rich-error.ts';
import { checked } from './strict-messages.ts';
import { streamOf } from './under-call.ts';

type Call = ServerDuplexStream<ScoreStreamRequest, ScoreStreamResponse>;

/**
 * `ScoreStream`: answers come in the order of the questions. Where the caller reads slowly, or many are under way, no more
 * questions are taken. Answers are written past the library, which sends one message at a time and waits for each.
 */
export const scoreStream =
  (behindNow: BehindNow): handleBidiStreamingCall<ScoreStreamRequest, ScoreStreamResponse> =>
  (call) => {
    const behind = behindNow();
    const { parts } = behind;
    const end = beginCall('ScoringService/ScoreStream', behind);
    try {
      refuseWhenNotReady(parts);
    } catch (error) {
      const own = ownError(error, parts.onInternal);
      end(own);
      call.emit('error', errorResponse(own));
      return;
    }
    new Answers(call, behind, end).begin();
  };

/** An answer that waits for those before it. */
interface Answer {
  readonly id: string;
  readonly decision: Decision | undefined;
  readonly error: BeckonError | undefined;
}

const writer = new DecisionWriter();
/** Questions of one stream that the models have at once: more would make everybody else wait behind them. */
const AT_ONCE_MAX = 32;

/** The questions of one stream that are under way. Answers of one turn of the loop leave in one write. */
class Answers {
  private readonly call: Call;
  private readonly stream: ServerHttp2Stream;
  private readonly parts: ServingParts;
  private readonly stopping: AbortSignal;
  private readonly ended: (error?: BeckonError) => void;
  /** By number of the question, from {@link sent} on. */
  private readonly ready = new Map<number, Answer>();
  /** Questions that wait for those that the models have. */
  private readonly waiting: ScoreStreamRequest[] = [];
  private underWay = 0;
  private asked = 0;
  private sent = 0;
  private isScheduled = false;
  private isFull = false;
  private isLast = false;
  private isOver = false;

  constructor(call: Call, { parts, stopping }: Behind, ended: (error?: BeckonError) => void) {
    this.call = call;
    this.stream = streamOf(call);
    this.parts = parts;
    this.stopping = stopping;
    this.ended = ended;
  }

  begin(): void {
    const { call, stream } = this;
    call.sendMetadata(new Metadata());
    call.on('data', (question: ScoreStreamRequest) => this.take(question));
    call.on('end', () => {
      this.isLast = true;
      this.flush();
    });
    stream.on('drain', () => {
      this.isFull = false;
      this.resume();
    });
    for (const name of ['cancelled', 'close', 'error']) call.on(name, () => this.over());
    this.stopping.addEventListener('abort', this.flush);
    if (this.stopping.aborted) this.flush();
  }

  private take(question: ScoreStreamRequest): void {
    if (this.isOver) return;
    if (this.underWay < AT_ONCE_MAX && this.waiting.length === 0) this.ask(question);
    else this.waiting.push(question);
    if (this.open >= LIMITS.streamQuestionsMax) this.call.pause();
  }

  /** Questions that were taken and are not answered yet. */
  private get open(): number {
    return this.asked + this.waiting.length - this.sent;
  }

  private ask(question: ScoreStreamRequest): void {
    const number = this.asked++;
    const { id = '' } = question;
    this.underWay++;
    try {
      const { request } = checked(question);
      this.parts.decider.decide(scoreAsked(request ?? NOBODY), (error, decision) =>
        this.answer(number, { id, decision, error: decision === undefined ? this.refusal(error) : undefined }),
      );
    } catch (error) {
      this.answer(number, { id, decision: undefined, error: this.refusal(error) });
    }
  }

  private answer(number: number, answer: Answer): void {
    this.underWay--;
    if (this.isOver) return;
    this.ready.set(number, answer);
    if (this.isScheduled) return;
    this.isScheduled = true;
    process.nextTick(this.flush);
  }

  private readonly flush = (): void => {
    this.isScheduled = false;
    if (this.isOver) return;
    for (let next = this.ready.get(this.sent); next !== undefined; next = this.ready.get(this.sent)) {
      this.ready.delete(this.sent++);
      write(next);
    }
    const { stream } = this;
    // A deadline ends the stream a moment before it ends the call.
    if (writer.out.length > 0 && stream.writable) this.isFull = !stream.write(writer.out.take());
    while (this.waiting.length > 0 && this.underWay < AT_ONCE_MAX) this.ask(this.waiting.shift() as ScoreStreamRequest);
    if (this.isFull) this.call.pause();
    else this.resume();
    if (this.open > 0) return;
    if (this.isLast) {
      this.over();
      this.call.end();
    } else if (this.stopping.aborted) {
      const error = shuttingDown();
      this.over(error);
      this.call.emit('error', errorResponse(error));
    }
  };

  private resume(): void {
    if (!this.isFull && this.open < LIMITS.streamQuestionsMax) this.call.resume();
  }

  private over(error?: BeckonError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.ready.clear();
    this.waiting.length = 0;
    this.stopping.removeEventListener('abort', this.flush);
    this.ended(error);
  }

  private refusal(error: unknown): BeckonError {
    return ownError(error, this.parts.onInternal);
  }
}

/** As a `ScoreStreamResponse`, with the prefix of a message of a stream. */
const write = ({ id, decision, error }: Answer): void => {
  const { out } = writer;
  const frame = out.beginFrame();
  if (id !== '') out.text(0x0a, id);
  if (decision !== undefined) writer.write(0x12, decision);
  else if (error !== undefined) {
    const refusal = out.open(0x1a);
    out.text(0x0a, error.code);
    if (error.message !== '') out.text(0x12, error.message);
    if (ERRORS[error.code].retryable) out.yes(0x18);
    out.close(refusal);
  }
  out.endFrame(frame);
};

/** What a question is that came without one. */
const NOBODY = ScoreRequest.decode(new Uint8Array());
