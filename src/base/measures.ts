import { channel } from 'node:diagnostics_channel';

/** What the domain tells about itself, to whoever listens. Nobody in the domain knows who does. */
export interface MeasuredGroup {
  /** Applied, duplicates not counted. */
  events: number;
  duplicates: number;
  /** Late events that changed a feature's state. */
  corrections: number;
  /** For each event older than the newest of its customer: by how many seconds. */
  lateSecs: number[];
}

export interface MeasuredRequest {
  /** As it was declared: `/v1/customers/:id`, never the path that was asked for. */
  readonly route: string;
  readonly method: string;
  /** HTTP status. */
  readonly status: number;
  readonly durationMs: number;
}

/** Events that were refused before they reached the log. */
export interface MeasuredRejection {
  readonly code: string;
  readonly events: number;
}

export interface MeasuredCommit {
  readonly events: number;
  readonly bytes: number;
  readonly durationMs: number;
}

export interface MeasuredApply {
  readonly events: number;
  readonly durationMs: number;
}

/** Messages of a source topic that became durable in the log. */
export interface MeasuredIntake {
  readonly events: number;
}

/** A question for a customer whom the index does not know, where there is a bound on rows. */
export interface MeasuredColdRead {
  /** Whether the row was remembered; else the database was asked. */
  readonly isRemembered: boolean;
}

/** One stretch of the log that was looked through for the stream. */
export interface MeasuredStream {
  /** Customers scored. */
  readonly rescored: number;
  /** Messages that go out. */
  readonly emitted: number;
  /** Events of the log that wait to be looked at. */
  readonly waitingEvents: number;
  /** How long the first event of the stretch has waited, ms. */
  readonly ageMs: number;
  readonly durationMs: number;
}

/** What became of a follower of the stream. */
export interface MeasuredFollower {
  readonly how: 'came' | 'left' | 'slow' | 'expired';
}

/** The state was written to files, or was not. */
export interface MeasuredCheckpoint {
  /** Of the log, that it is the fold of; -1 where it failed. */
  readonly records: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** How long the writer stood still for it. */
  readonly heldMs: number;
}

/** A trigger that has fired for a customer. */
export interface MeasuredFiring {
  readonly name: string;
  /** From the crossing to the log time. */
  readonly lateMs: number;
}

export const measures = {
  /** A {@link MeasuredRequest}, as its answer goes out. */
  request: channel('beckon:http.request'),
  /** A {@link MeasuredRejection}. */
  rejection: channel('beckon:events.rejected'),
  /** A {@link MeasuredIntake}. */
  intake: channel('beckon:events.intake'),
  /** A {@link MeasuredRejection}, once the messages are set aside. */
  deadLetter: channel('beckon:events.deadLetter'),
  /** A {@link MeasuredCommit}, once a group is durable. */
  commit: channel('beckon:log.commit'),
  /** A {@link MeasuredApply}, once a group was folded. */
  apply: channel('beckon:state.apply'),
  /** An `InferenceRun`, once for each ONNX run. */
  inferenceRun: channel('beckon:inference.run'),
  /** A {@link MeasuredColdRead}. */
  coldRead: channel('beckon:state.coldRead'),
  /** A {@link MeasuredFiring}. */
  firing: channel('beckon:trigger.fired'),
  /** A {@link MeasuredStream}. */
  stream: channel('beckon:stream.step'),
  /** A {@link MeasuredFollower}. */
  follower: channel('beckon:stream.follower'),
  /** A {@link MeasuredCheckpoint}. */
  checkpoint: channel('beckon:state.checkpoint'),
  /** A {@link MeasuredGroup}, once a group was folded. */
  group: channel('beckon:state.group'),
} as const;
