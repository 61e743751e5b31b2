import type { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { IdBytes } from '../features/id-bytes.ts';
import type { FeatureReader } from '../features/read.ts';
import type { HeadRegistry, LiveHead } from '../inference/registry.ts';
import type { ScoreRequest } from './decision.ts';
import { HeadBlock } from './head-block.ts';
import type { HeadInputs } from './head-inputs.ts';
import type { HeadOutputs } from './head-outputs.ts';
import { beforeState, tooFarAhead } from './time-refusals.ts';

/** What is asked about many customers at once. */
export type ColumnsAsked = Pick<ScoreRequest, 'campaignId' | 'context' | 'atMs'> & {
  readonly customers: IdBytes;
  /** When it was asked, ms since the epoch: the time that is meant where none is named. */
  readonly nowMs: number;
};

/** Scores of many customers; of memory that threads share where several fill it. */
export interface Columns {
  /** Customers. */
  readonly rows: number;
  /** One output after another in the order of {@link HeadOutputs}, a number for each customer; NaN where a head failed. */
  readonly values: Float32Array;
  /** 1 for each customer whom an event has named. */
  readonly known: Uint8Array;
}

/** Told once. @param index of the first customer with whom an error is; -1 where it is about the question */
export type ColumnsDone = (error: BeckonError | undefined, index: number) => void;

interface ColumnScorerParts {
  /** Of the scorer alone: it is told what the models read. */
  readonly reader: FeatureReader;
  readonly registry: HeadRegistry;
  readonly outputs: HeadOutputs;
  readonly inputs: HeadInputs;
  /** Features of the pack. */
  readonly features: number;
}

/**
 * Scores many customers with nothing made for each of them: what is read goes into the rows of the models, what they answer
 * into columns. A turn of the loop is for as many customers of one question as a model takes at once. Who came first is done
 * first: by turns, all would be done as late as the last of them.
 */
export class ColumnScorer {
  private readonly parts: ColumnScorerParts;
  /** Features of the customer who was read last. */
  private readonly values: Float64Array;
  /** In the columns, of the customers of a turn. */
  private readonly rows = new Int32Array(LIMITS.scoreChunkRows);
  private readonly waiting: Job[] = [];
  private isScheduled = false;
  /** Models whose inputs the reader reads, and a block for each. */
  private knownHeads: readonly LiveHead[] = [];
  private blocks: readonly HeadBlock[] = [];

  constructor(parts: ColumnScorerParts) {
    this.parts = parts;
    this.values = new Float64Array(parts.features);
  }

  /**
   * @param asked whose campaign the pack knows
   * @param into takes the scores: its values are NaN, its flags 0
   * @param from row of the first customer
   */
  score(asked: ColumnsAsked, into: Columns, from: number, done: ColumnsDone): void {
    this.wait(new Job(asked, into, from, done));
  }

  /** The same at once, for a thread that has nothing else to do; `done` may be called before this returns. */
  scoreNow(asked: ColumnsAsked, into: Columns, from: number, done: ColumnsDone): void {
    const job = new Job(asked, into, from, done);
    while (job.hasMore) this.turn(job);
    if (job.isOver) job.end();
    else this.wait(job);
  }

  /** Of the columns, in order. */
  get outputs(): HeadOutputs {
    return this.parts.outputs;
  }

  /** How many customers are still to be scored on the loop. */
  get waitingCustomers(): number {
    return this.waiting.reduce((sum, job) => sum + job.customersLeft, 0);
  }

  private wait(job: Job): void {
    this.waiting.push(job);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(this.next);
  }

  private readonly next = (): void => {
    this.isScheduled = false;
    const [job] = this.waiting;
    this.turn(job);
    if (!job.hasMore) {
      this.waiting.shift();
      // Those at whose rows the writer was are asked for again once it has had time to go on.
      if (!job.isOver) this.waiting.push(job);
    }
    if (this.waiting.length > 0) this.schedule();
    if (job.isOver) job.end();
  };

  private turn(job: Job): void {
    const { reader } = this.parts;
    const { rows } = this;
    const { into, position } = job;
    const blocks = this.blocksNow();
    reader.nextTurn();
    let count = 0;
    if (job.hasMore) {
      const end = job.take();
      reader.aheadBytes(job.asked.customers, position, end);
      for (let i = position; i < end; i++) count += this.read(job, i, count, blocks);
    } else for (const i of job.late.splice(0, rows.length)) count += this.read(job, i, count, blocks);
    if (count > 0) for (const block of blocks) block.score(count, into.values, into.rows, rows);
  }

  /** @returns how many rows that has made */
  private read(job: Job, position: number, row: number, blocks: readonly HeadBlock[]): number {
    const { reader } = this.parts;
    const { values } = this;
    const { asked, sec, keys, into } = job;
    const outcome = reader.readBytes(asked.customers, position, sec, asked.atMs !== undefined, values, keys);
    if (outcome === 'busy') job.late.push(position);
    else if (outcome === 'beforeState') job.fail(beforeState(reader.lastSec), position);
    else {
      const place = job.from + position;
      this.rows[row] = place;
      if (outcome === 'known') into.known[place] = 1;
      for (let head = 0; head < blocks.length; head++) blocks[head].set(row, values, asked.context);
      return 1;
    }
    return 0;
  }

  /** To be asked in each turn. */
  private blocksNow(): readonly HeadBlock[] {
    const { registry, reader, inputs, outputs } = this.parts;
    const heads = registry.live();
    if (heads !== this.knownHeads) {
      this.knownHeads = heads;
      this.blocks = heads.map((live) => new HeadBlock(live, inputs, outputs.placesOf(live)));
      for (const { session } of heads) reader.want(session.featureNames);
    }
    return this.blocks;
  }
}

/** The customers of one question on their way. */
class Job {
  readonly asked: ColumnsAsked;
  readonly into: Columns;
  readonly from: number;
  readonly keys: { readonly campaign: string } | undefined;
  readonly sec: number;
  /** Of the next customer. */
  position = 0;
  /** Positions of those who are to be read again. */
  readonly late: number[] = [];
  private readonly done: ColumnsDone;
  private readonly count: number;
  private error: BeckonError | undefined;
  private errorIndex = -1;

  constructor(asked: ColumnsAsked, into: Columns, from: number, done: ColumnsDone) {
    const { campaignId, atMs, nowMs, customers } = asked;
    this.asked = asked;
    this.into = into;
    this.from = from;
    this.done = done;
    this.count = customers.bounds.length / 2;
    this.keys = campaignId === undefined ? undefined : { campaign: campaignId };
    this.sec = Math.floor((atMs ?? nowMs) / 1000);
    if ((atMs ?? nowMs) > nowMs + LIMITS.askAheadMsMax) this.error = tooFarAhead();
  }

  /** Whether there are customers who were never read. */
  get hasMore(): boolean {
    return this.error === undefined && this.position < this.count;
  }

  get customersLeft(): number {
    return this.count - this.position + this.late.length;
  }

  get isOver(): boolean {
    return !this.hasMore && (this.error !== undefined || this.late.length === 0);
  }

  /** Goes on by the customers of a turn. @returns the position behind the last */
  take(): number {
    this.position = Math.min(this.position + LIMITS.scoreChunkRows, this.count);
    return this.position;
  }

  fail(error: BeckonError, position: number): void {
    if (this.error !== undefined) return;
    this.error = error;
    this.errorIndex = position;
  }

  end(): void {
    this.done(this.error, this.errorIndex);
  }
}
