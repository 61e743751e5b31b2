import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import { type BeckonError, ERRORS } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { ownError } from '../own-error.ts';
import type { ServingParts } from '../parts.ts';
import { refuseWhenNotReady } from '../ready.ts';
import { type Behind, type BehindNow, beginCall, shuttingDown } from './call.ts';
import { decisionMessage } from './decision-message.ts';
import type { ScoreStreamRequest, ScoreStreamResponse } from './generated/beckon/v1/scoring.ts';
import { scoreAsked } from './questions.ts';
import { errorResponse } from './rich-error.ts';
import { checked } from './strict-messages.ts';

type Call = ServerDuplexStream<ScoreStreamRequest, ScoreStreamResponse>;

/**
 * `ScoreStream`: answers come in the order of the questions. Where the caller reads slowly, or many are under way, no more
 * questions are taken.
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

/** The questions of one stream that are under way, and their answers that wait for those before them. */
class Answers {
  private readonly call: Call;
  private readonly parts: ServingParts;
  private readonly stopping: AbortSignal;
  private readonly ended: (error?: BeckonError) => void;
  /** By number of the question, from {@link sent} on. */
  private readonly ready = new Map<number, ScoreStreamResponse>();
  private asked = 0;
  private sent = 0;
  private isFull = false;
  private isLast = false;
  private isOver = false;

  constructor(call: Call, { parts, stopping }: Behind, ended: (error?: BeckonError) => void) {
    this.call = call;
    this.parts = parts;
    this.stopping = stopping;
    this.ended = ended;
  }

  begin(): void {
    const { call } = this;
    call.on('data', (question: ScoreStreamRequest) => this.take(question));
    call.on('end', () => {
      this.isLast = true;
      this.flush();
    });
    call.on('drain', () => {
      this.isFull = false;
      this.resume();
    });
    for (const name of ['cancelled', 'close', 'error']) call.on(name, () => this.over());
    this.stopping.addEventListener('abort', this.flush);
    if (this.stopping.aborted) this.flush();
  }

  private take(question: ScoreStreamRequest): void {
    if (this.isOver) return;
    const number = this.asked++;
    const { id = '' } = question;
    try {
      const { request } = checked(question);
      this.parts.decider.decide(scoreAsked(request ?? NOBODY), (error, decision) =>
        this.answer(number, { id, result: decision === undefined ? this.refusal(error) : told(decision) }),
      );
    } catch (error) {
      this.answer(number, { id, result: this.refusal(error) });
    }
    if (this.asked - this.sent >= LIMITS.streamQuestionsMax) this.call.pause();
  }

  private answer(number: number, response: ScoreStreamResponse): void {
    if (this.isOver) return;
    this.ready.set(number, response);
    if (number === this.sent) this.flush();
  }

  private readonly flush = (): void => {
    for (let next = this.ready.get(this.sent); next !== undefined; next = this.ready.get(this.sent)) {
      this.ready.delete(this.sent++);
      if (!this.call.write(next)) {
        this.isFull = true;
        this.call.pause();
      }
    }
    this.resume();
    if (this.isOver || this.sent < this.asked) return;
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
    if (!this.isFull && this.asked - this.sent < LIMITS.streamQuestionsMax) this.call.resume();
  }

  private over(error?: BeckonError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.ready.clear();
    this.stopping.removeEventListener('abort', this.flush);
    this.ended(error);
  }

  private refusal(error: unknown): ScoreStreamResponse['result'] {
    const { code, message } = ownError(error, this.parts.onInternal);
    return { $case: 'error', value: { code, message, retryable: ERRORS[code].retryable } };
  }
}

const told = (decision: Parameters<typeof decisionMessage>[0]): ScoreStreamResponse['result'] => ({
  $case: 'decision',
  value: decisionMessage(decision),
});

const NOBODY: NonNullable<ScoreStreamRequest['request']> = {
  customerId: '',
  campaignId: undefined,
  context: undefined,
  channels: [],
  actions: [],
  limit: undefined,
  explain: undefined,
  at: undefined,
};
