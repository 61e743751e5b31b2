import type { SubmitOutcome } from '../replay-sink.ts';

/** What became of the rows of a replay. */
export class Tally {
  rowsRead = 0;
  eventsMade = 0;
  /** Events at or after `--until`. */
  eventsLeftOut = 0;
  accepted = 0;
  duplicates = 0;
  /** Rows that mean no event, by reason: not errors. */
  readonly skipped = new Map<string, number>();
  /** Rows and events that could not be used, by code. */
  readonly rejected = new Map<string, number>();
  /** The first rejected rows, each with file, row number and what is wrong. */
  readonly problems: string[] = [];

  skip(reason: string, rows = 1): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + rows);
  }

  add({ accepted, duplicates, rejected }: SubmitOutcome): void {
    this.accepted += accepted;
    this.duplicates += duplicates;
    for (const [code, events] of Object.entries(rejected)) this.reject(code, events);
  }

  reject(code: string, count = 1, problem?: string): void {
    this.rejected.set(code, (this.rejected.get(code) ?? 0) + count);
    if (problem !== undefined && this.problems.length < PROBLEMS_SHOWN) this.problems.push(problem);
  }
}

/** A wrong file has thousands of the same; five show the pattern. */
const PROBLEMS_SHOWN = 5;

/** Code under which rows that do not fit their format are counted. */
export const ROW_INVALID = 'ROW_INVALID';
