import type { Decision } from '../decisions/decision.ts';
import type { StreamMessage } from '../decisions/stream-message.ts';
import type { Appended } from '../serving/append.ts';
import type { Customer } from '../serving/customer.ts';
import type { Model } from '../serving/grpc/generated/beckon/v1/models.ts';
import type { BatchQuestion, ScoreQuestion } from '../serving/score-question.ts';
import type { CallError } from './call-error.ts';
import type { CallOptions } from './caller.ts';
import type { BeckonEvent } from './event.ts';
import type { Source } from './groups.ts';

/** A question of a stream with its answer, or why it has none. */
export type Scored =
  | { readonly question: ScoreQuestion; readonly decision: Decision; readonly error?: undefined }
  | { readonly question: ScoreQuestion; readonly decision?: undefined; readonly error: CallError };

/** What became of a stream of events. */
export interface AppendedStream extends Appended {
  /** The first 1,000 of them. */
  readonly rejected: Appended['rejected'];
  readonly rejectedCount: number;
}

export interface StreamOptions {
  readonly signal?: AbortSignal;
}

export interface CustomerOptions extends CallOptions {
  /** RFC 3339; now where it is absent. */
  readonly at?: string;
}

export interface FollowOptions extends StreamOptions {
  /** The cursor of the last message that was dealt with; from now on where it is absent. */
  readonly after?: number;
  /** Only what is about it, or about customers whose decision was of it before. */
  readonly campaignId?: string;
  /** Only what is about them, up to 10,000 by any of their ids, told by the id that is given here; only over gRPC. */
  readonly customerIds?: readonly string[];
}

/**
 * A service as a program sees it, over HTTP or gRPC. Each call throws a `CallError`; those that may succeed later have been
 * made again by then. Streams are not made again, except that of decisions.
 */
export interface BeckonClient {
  /** The decision for one customer. */
  score(question: ScoreQuestion, options?: CallOptions): Promise<Decision>;
  /** The decisions for up to 10,000 customers, in order. */
  scoreBatch(question: BatchQuestion, options?: CallOptions): Promise<readonly Decision[]>;
  /**
   * An answer for each question, in their order. No more questions are taken than are answered and read in good time; one
   * that is refused does not end the stream.
   */
  scores(questions: Source<ScoreQuestion>, options?: StreamOptions): AsyncGenerator<Scored, void>;
  /** Appends up to 500 events. @returns when they are durable and applied, with each that was rejected. Where all were, it throws. */
  append(events: BeckonEvent | readonly BeckonEvent[], options?: CallOptions): Promise<Appended>;
  /**
   * Appends any number of events, in their order. @returns when all of them are durable; positions count over all. One that
   * broke off may be sent again whole: what was appended is a duplicate.
   */
  appendStream(events: Source<BeckonEvent>, options?: StreamOptions): Promise<AppendedStream>;
  /**
   * Decisions that change and triggers that fire, as they do, without end. A connection that breaks is opened again behind the
   * last message; what cannot be gone on with throws.
   */
  decisions(options?: FollowOptions): AsyncGenerator<StreamMessage, void>;
  /** What is known of a customer, by any of their ids. Somebody unknown is `CUSTOMER_UNKNOWN`. */
  customer(customerId: string, options?: CustomerOptions): Promise<Customer>;
  /** Forgets a customer, by any of their ids. @returns when that is durable */
  eraseCustomer(customerId: string, options?: CallOptions): Promise<void>;
  /** The models behind the heads. */
  models(options?: CallOptions): Promise<readonly Model[]>;
  /** Closes the connections; what is under way fails. */
  close(): void;
}
