import type { Clock } from '../base/clock.ts';
import type { BeckonError } from '../base/errors.ts';
import type { ColumnScorer, Columns, ColumnsAsked } from '../decisions/column-scorer.ts';
import type { Decider } from '../decisions/decide.ts';
import type { BatchRequest, Decision } from '../decisions/decision.ts';
import type { Event } from '../events/event.ts';
import type { FeatureReader } from '../features/read.ts';
import type { HeadRegistry } from '../inference/registry.ts';
import type { Pack } from '../packs/pack.ts';
import type { PackChange, PackChangeAsk, PackChangeProgress } from '../packs/pack-change.ts';
import type { OutboxReader } from '../state/outbox-reader.ts';
import type { Status } from '../state/status.ts';
import type { Followers } from './followers.ts';

/**
 * Told once: after events are durable and applied, with an `EVENT_RESULT` each from `results[from]` on; or with why nothing
 * may be acknowledged.
 */
export type EventsDone = (error: BeckonError | undefined, results: Uint8Array, from: number) => void;

/** Where events go to become durable. */
export interface EventSink {
  submit(events: readonly Event[], done: EventsDone): void;
  /**
   * Takes the events of a body as they stand there, if all of them are plain.
   * @param done told of the events that were taken, never before this has returned
   * @returns how many; 0 where the body has to be read
   */
  submitPlain(body: Uint8Array, isBatch: boolean, done: EventsDone): number;
}

/** Work that is worth a thread hop. */
export interface BatchPool {
  /** @returns the decisions' JSON texts, in order, comma-separated, between two others, in UTF-8 */
  decide(asked: BatchRequest, open: string, close: string): Promise<Uint8Array>;
  /** @returns the decisions as the fields of a `ScoreBatchResponse` */
  decideFields(asked: BatchRequest): Promise<Uint8Array>;
  /**
   * @param outputs how many columns there are
   * @param use is given the columns, which are written over once it has returned
   * @throws BeckonError with the place of the customer whom it is about
   */
  score(asked: ColumnsAsked, outputs: number, use: (columns: Columns) => void): Promise<void>;
}

/** What `/readyz` tells. */
export interface Readiness {
  /** Why the service is not ready, undefined where it is. */
  readonly reason?: string | undefined;
  /** Only where others write to the log. */
  readonly log?: { readonly reachable: boolean; readonly lagOffsets: number; readonly lagSeconds: number };
}

/** What the whole process knows, asked of the main thread. */
export interface Overseer {
  metrics(): Promise<string>;
  readonly metricsContentType: string;
  state(): Promise<Readonly<Record<string, unknown>>>;
}

/** {@link Overseer} for the routes of the API. */
export interface PackOverseer extends Overseer {
  /** @throws BeckonError PACK_INVALID, PACK_REFUSED, PACK_CHANGING */
  changePack(ask: PackChangeAsk): Promise<PackChange>;
  packChange(): Promise<PackChangeProgress>;
}

/** What goes out by itself, as one thread reads it. */
export interface Stream {
  /** @returns when there is something to read. @throws BeckonError STREAM_UNAVAILABLE */
  outbox(): Promise<OutboxReader>;
  /** Those who follow, whatever pack is in force. */
  readonly followers: Followers;
}

/** What both doors stand on, in one serving thread. */
export interface ServingParts {
  readonly decider: Decider;
  readonly columns: ColumnScorer;
  /** Reads all features. */
  readonly reader: FeatureReader;
  /** @returns one that reads these features alone */
  readonly readerOf: (featureNames: readonly string[]) => FeatureReader;
  readonly registry: HeadRegistry;
  readonly pack: Pack;
  readonly sink: EventSink;
  readonly stream: Stream;
  readonly pool: BatchPool;
  readonly overseer: PackOverseer;
  readonly status: Status;
  readonly clock: Clock;
  /** Whether that is the log's. */
  readonly hasLogClock: boolean;
  /** Where the log is a topic of Kafka: its name. */
  readonly logTopic: string | undefined;
  readonly stringifyDecision: (decision: Decision) => string;
  /** Why the service takes no work now, undefined where it does. */
  readonly notReady: () => string | undefined;
  readonly readiness: () => Readiness;
  readonly onInternal: (cause: unknown) => void;
}
