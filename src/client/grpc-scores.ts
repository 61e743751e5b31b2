import { EventEmitter, once } from 'node:events';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { LIMITS } from '../base/limits.ts';
import type {
  ScoreStreamRequest,
  ScoreStreamResponse,
  ScoringServiceClient,
} from '../serving/grpc/generated/beckon/v1/scoring.ts';
import type { ScoreQuestion } from '../serving/score-question.ts';
import type { Scored } from './beckon-client.ts';
import { CallError } from './call-error.ts';
import { iteratorOf, type Source } from './groups.ts';
import { grpcError } from './grpc-error.ts';
import { decisionOf, scoreRequest } from './grpc-messages.ts';

type Call = ClientDuplexStream<ScoreStreamRequest, ScoreStreamResponse>;

/** The answers of `ScoreStream`, each with its question. */
export async function* grpcScores(
  scoring: ScoringServiceClient,
  questions: Source<ScoreQuestion>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Scored, void> {
  signal?.throwIfAborted();
  const call = scoring.scoreStream();
  const iterator = iteratorOf(questions);
  const asked = new UnderWay();
  const abort = (): void => call.cancel();
  signal?.addEventListener('abort', abort, { once: true });
  // One that comes when nobody reads any more is no news.
  call.on('error', () => {});
  let failure: unknown;
  ask(call, iterator, asked).catch((error: unknown) => {
    failure = error;
    call.cancel();
  });
  try {
    for await (const { id, result } of call as AsyncIterable<ScoreStreamResponse>)
      yield scoredOf(asked.answered(id), result);
  } catch (error) {
    signal?.throwIfAborted();
    throw failure ?? (error instanceof CallError ? error : grpcError(error as ServiceError));
  } finally {
    signal?.removeEventListener('abort', abort);
    call.cancel();
    // Not waited for: a source that waits itself would hold the end of the stream.
    void iterator.return?.();
  }
}

/** Questions whose answers are not read yet. */
class UnderWay {
  private readonly questions = new Map<string, ScoreQuestion>();
  private asked = 0;
  private readonly changed = new EventEmitter();

  /** @returns its id */
  add(question: ScoreQuestion): string {
    const id = `${this.asked++}`;
    this.questions.set(id, question);
    return id;
  }

  answered(id: string): ScoreQuestion | undefined {
    const question = this.questions.get(id);
    this.questions.delete(id);
    this.changed.emit('room');
    return question;
  }

  /** @returns when one more may be asked */
  async room(): Promise<void> {
    if (this.questions.size >= LIMITS.streamQuestionsMax) await once(this.changed, 'room');
  }
}

/** Sends questions as fast as the service takes them. */
const ask = async (
  call: Call,
  iterator: AsyncIterator<ScoreQuestion> | Iterator<ScoreQuestion>,
  asked: UnderWay,
): Promise<void> => {
  for (;;) {
    const step = await iterator.next();
    if (step.done === true) break;
    const request = scoreRequest(step.value);
    if (!call.write({ id: asked.add(step.value), request })) await once(call, 'drain');
    await asked.room();
  }
  call.end();
};

/** @throws CallError ANSWER_UNREADABLE */
const scoredOf = (question: ScoreQuestion | undefined, result: ScoreStreamResponse['result']): Scored => {
  if (question === undefined || result === undefined)
    throw new CallError('ANSWER_UNREADABLE', 'the stream answered what was not asked');
  if (result.$case === 'decision') return { question, decision: decisionOf(result.value) };
  return { question, error: new CallError(result.value.code, result.value.message) };
};
