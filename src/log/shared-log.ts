import type { MessageHeaders } from '../events/message.ts';
import type { EventProblem } from '../events/payload.ts';
import type { AppendedGroup, AppendGroup, EventLog, LogGroup } from './event-log.ts';

/** Records of one partition that follow each other. */
export interface AppendedRun extends AppendedGroup {
  readonly count: number;
}

/** A message of the log that is no event, or none that belongs where it stands. */
export interface RefusedMessage extends EventProblem {
  readonly partition: number;
  readonly offset: number;
  readonly logTimeMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: MessageHeaders;
}

/** What became of a partition of the log since the last time. */
export interface Followed {
  readonly partition: number;
  /** Their records are views: whoever keeps one copies it. */
  readonly groups: readonly LogGroup[];
  /** All before it has been told. */
  readonly nextOffset: number;
  /** Where the partition ended when this was fetched. */
  readonly end: number;
}

export interface LogFollower {
  /** First offset wanted, one a partition. */
  readonly from: readonly number[];
  /** Log time of what comes before them, one a partition; 0 where they are left out. */
  readonly logTimesMs?: readonly number[] | undefined;
  /** Whether groups bring the headers of their messages. */
  readonly withHeaders?: boolean;
  /** @returns when more of the partition may come, undefined where at once */
  readonly take: (followed: Followed) => Promise<void> | undefined;
  /** Told after each look at the log, and with the reason after each that failed. */
  readonly reached: (trouble?: Error) => void;
}

/** Something that goes on by itself until it is closed. */
export interface Following {
  /** Rejects where it cannot go on. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** A log that others append to as well. */
export interface SharedLog extends EventLog {
  /**
   * As `append`. What is appended in one turn of the loop goes out together, and what comes while a request is under way is
   * the next one.
   * @param group whose records are of customers of one partition
   * @throws BeckonError LOG_UNAVAILABLE: some of the records may be in the log. It may be tried again
   */
  appendRuns(group: AppendGroup): Promise<AppendedRun[]>;
  /**
   * Reads on and on, from exact offsets.
   * @returns whose `ended` rejects with LOG_DAMAGED where the log no longer holds what is to be read
   */
  follow(follower: LogFollower): Promise<Following>;
}
