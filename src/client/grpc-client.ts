import { once } from 'node:events';
import { Client, type ClientUnaryCall, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { Decision } from '../decisions/decision.ts';
import type { StreamMessage } from '../decisions/stream-message.ts';
import type { Appended } from '../serving/append.ts';
import type { Customer } from '../serving/customer.ts';
import { type AppendStreamResponse, EventsServiceClient } from '../serving/grpc/generated/beckon/v1/events.ts';
import { type Model, ModelsServiceClient } from '../serving/grpc/generated/beckon/v1/models.ts';
import { ScoringServiceClient } from '../serving/grpc/generated/beckon/v1/scoring.ts';
import type { BatchQuestion, ScoreQuestion } from '../serving/score-question.ts';
import { addressOf } from './address.ts';
import type {
  AppendedStream,
  BeckonClient,
  CustomerOptions,
  FollowOptions,
  Scored,
  StreamOptions,
} from './beckon-client.ts';
import { CallError } from './call-error.ts';
import type { Attempt, Caller, CallOptions } from './caller.ts';
import { followDecisions } from './decision-stream.ts';
import type { BeckonEvent } from './event.ts';
import { groupsOf, type Source } from './groups.ts';
import { grpcDecisions } from './grpc-decisions.ts';
import { grpcError } from './grpc-error.ts';
import { appendedOf, batchRequest, decisionOf, eventBytes, eventMessage, scoreRequest } from './grpc-messages.ts';
import { grpcScores } from './grpc-scores.ts';
import { unlessAborted } from './unless-aborted.ts';

const OPTIONS = {
  // The caller bounds an answer by how many customers it names.
  'grpc.max_receive_message_length': -1,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  // A service that starts again is there within seconds; the library would wait up to two minutes.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
};

type Callback<Answer> = (error: ServiceError | null, answer: Answer) => void;

/** {@link BeckonClient} over gRPC, on one connection; what has no method there goes over HTTP. */
export class GrpcClient implements BeckonClient {
  private readonly http: BeckonClient;
  private readonly caller: Caller;
  private readonly root: Client;
  private readonly scoring: ScoringServiceClient;
  private readonly events: EventsServiceClient;
  private readonly modelList: ModelsServiceClient;

  constructor(address: string, http: BeckonClient, caller: Caller) {
    this.http = http;
    this.caller = caller;
    const { protocol, host, port } = addressOf(address);
    const isTls = protocol === 'https:';
    const target = port === '' ? `${host}:${isTls ? 443 : 80}` : host;
    const how = isTls ? credentials.createSsl() : credentials.createInsecure();
    this.root = new Client(target, how, OPTIONS);
    const shared = { channelOverride: this.root.getChannel() };
    this.scoring = new ScoringServiceClient(target, how, shared);
    this.events = new EventsServiceClient(target, how, shared);
    this.modelList = new ModelsServiceClient(target, how, shared);
  }

  score(question: ScoreQuestion, options: CallOptions = {}): Promise<Decision> {
    return this.caller.call(options, async (attempt) => {
      const request = scoreRequest(question);
      const { decision } = await unary(attempt, this.scoring.score.bind(this.scoring, request));
      if (decision === undefined) throw new CallError('ANSWER_UNREADABLE', 'the answer has no decision');
      return decisionOf(decision);
    });
  }

  scoreBatch(question: BatchQuestion, options: CallOptions = {}): Promise<readonly Decision[]> {
    return this.caller.call(options, async (attempt) => {
      const request = batchRequest(question);
      const { results } = await unary(attempt, this.scoring.scoreBatch.bind(this.scoring, request));
      return results.map(decisionOf);
    });
  }

  scores(questions: Source<ScoreQuestion>, { signal }: StreamOptions = {}): AsyncGenerator<Scored, void> {
    return grpcScores(this.scoring, questions, signal);
  }

  append(events: BeckonEvent | readonly BeckonEvent[], options: CallOptions = {}): Promise<Appended> {
    const messages = [events].flat().map(eventMessage);
    const ids = messages.map(({ id }) => id);
    return this.caller.call(options, async (attempt) =>
      appendedOf(await unary(attempt, this.events.append.bind(this.events, { events: messages }), ids)),
    );
  }

  async appendStream(events: Source<BeckonEvent>, { signal }: StreamOptions = {}): Promise<AppendedStream> {
    signal?.throwIfAborted();
    const { promise: answered, resolve, reject } = Promise.withResolvers<AppendStreamResponse>();
    const call = this.events.appendStream((error, answer) => {
      if (error === null) resolve(answer);
      else reject(grpcError(error));
    });
    // Thrown where it is waited for.
    answered.catch(() => {});
    try {
      for await (const group of groupsOf(events, eventMessage, eventBytes, signal)) {
        const hasRoom = call.write({ events: [...group] });
        if (!hasRoom) await unlessAborted(Promise.race([once(call, 'drain'), answered]), signal);
      }
      call.end();
      const { rejectedCount, ...answer } = await unlessAborted(answered, signal);
      return { ...appendedOf(answer), rejectedCount };
    } finally {
      // Does nothing to a call that has ended.
      call.cancel();
    }
  }

  decisions(options: FollowOptions = {}): AsyncGenerator<StreamMessage, void> {
    const { customerIds } = options;
    if (customerIds === undefined) return this.http.decisions(options);
    return followDecisions((place) => grpcDecisions(this.scoring, place, customerIds, options), options);
  }

  customer(customerId: string, options?: CustomerOptions): Promise<Customer> {
    return this.http.customer(customerId, options);
  }

  eraseCustomer(customerId: string, options?: CallOptions): Promise<void> {
    return this.http.eraseCustomer(customerId, options);
  }

  models(options: CallOptions = {}): Promise<readonly Model[]> {
    return this.caller.call(options, async (attempt) => {
      const { models } = await unary(attempt, this.modelList.list.bind(this.modelList, {}));
      return models;
    });
  }

  close(): void {
    this.root.close();
    this.http.close();
  }
}

/**
 * One attempt of a call with one answer.
 * @param begin a method of a client that has got its question
 * @param ids of the events that it appends
 * @throws CallError
 */
const unary = <Answer>(
  { signal, deadlineMs }: Attempt,
  begin: (metadata: Metadata, options: { deadline: number }, callback: Callback<Answer>) => ClientUnaryCall,
  ids: readonly string[] = [],
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const call = begin(new Metadata(), { deadline: deadlineMs }, (error, answer) => {
      signal.removeEventListener('abort', cancel);
      if (error === null) resolve(answer);
      else reject(grpcError(error, ids));
    });
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
  });
