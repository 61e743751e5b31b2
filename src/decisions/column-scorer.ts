import type { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { FeatureReader } from '../features/read.ts';
import type { HeadRegistry, LiveHead } from '../inference/registry.ts';
import type { ScoreRequest } from './decision.ts';
import type { HeadInputs } from './head-inputs.ts';
import type { HeadOutputs } from './head-outputs.ts';
import { beforeState, tooFarAhead } from './time-refusals.ts';

/** What is asked about many customers at once. */
export type ColumnsAsked = Pick<ScoreRequest, 'campaignId' | 'context' | 'atMs'> & {
  readonly customerIds: readonly string[];
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
 * into columns. As many customers as a model takes at once share a turn of the loop.
 */
export class ColumnScorer {
  readonly parts: ColumnScorerParts;
  /** Features of the customer who was read last. */
  readonly values: Float64Array;
  /** Models whose inputs the reader reads. */
  private knownHeads: readonly LiveHead[] = [];

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
    new Job(this, asked, into, from, done).turn();
  }

  /** Of the columns, in order. */
  get outputs(): HeadOutputs {
    return this.parts.outputs;
  }

  /** To be asked in each turn in which rows are added. */
  heads(): readonly LiveHead[] {
    const { registry, reader } = this.parts;
    if (registry.live() !== this.knownHeads) {
      this.knownHeads = registry.live();
      for (const { session } of this.knownHeads) reader.want(session.featureNames);
    }
    return this.knownHeads;
  }
}

/** The customers of one question on their way. */
class Job {
  private readonly scorer: ColumnScorer;
  private readonly asked: ColumnsAsked;
  private readonly done: ColumnsDone;
  private readonly keys: { readonly campaign: string } | undefined;
  private readonly sec: number;
  private readonly columns: Columns;
  private readonly from: number;
  private next = 0;
  /** Of the turn: rows whose scores are still to come, once for each model. */
  private left = 0;
  private error: BeckonError | undefined;
  private errorIndex = -1;

  constructor(scorer: ColumnScorer, asked: ColumnsAsked, columns: Columns, from: number, done: ColumnsDone) {
    const { campaignId, atMs, nowMs } = asked;
    this.scorer = scorer;
    this.asked = asked;
    this.done = done;
    this.keys = campaignId === undefined ? undefined : { campaign: campaignId };
    this.sec = Math.floor((atMs ?? nowMs) / 1000);
    this.columns = columns;
    this.from = from;
    if ((atMs ?? nowMs) > nowMs + LIMITS.askAheadMsMax) this.error = tooFarAhead();
  }

  /** Reads the customers of a turn. */
  turn(): void {
    const { reader } = this.scorer.parts;
    const { customerIds } = this.asked;
    const first = this.next;
    const end = Math.min(first + LIMITS.scoreChunkRows, customerIds.length);
    if (this.error !== undefined || first === end) {
      this.done(this.error, this.errorIndex);
      return;
    }
    this.next = end;
    const heads = this.scorer.heads();
    // The turn itself counts as one, so that it never ends while its rows are read.
    this.left = (end - first) * heads.length + 1;
    reader.nextTurn();
    reader.ahead(customerIds, first, end);
    const scored = heads.map((live) => this.scoredBy(live));
    for (let row = first; row < end; row++) this.row(row, heads, scored);
    this.told(1);
  }

  private row(row: number, heads: readonly LiveHead[], scored: readonly Scored[]): void {
    const { reader, inputs } = this.scorer.parts;
    const { customerIds, atMs, context } = this.asked;
    const { values } = this.scorer;
    const outcome = reader.read(customerIds[row], this.sec, atMs !== undefined, values, this.keys);
    if (outcome === 'busy') {
      setImmediate(() => this.again(row));
      return;
    }
    if (outcome === 'beforeState') {
      if (this.error === undefined) {
        this.error = beforeState(reader.lastSec);
        this.errorIndex = row;
      }
      this.told(heads.length);
      return;
    }
    if (outcome === 'known') this.columns.known[this.from + row] = 1;
    for (let head = 0; head < heads.length; head++) {
      inputs.write(heads[head], values, context);
      heads[head].batcher.add(scored[head], row);
    }
  }

  /** In a later turn, whose models may be others. */
  private again(row: number): void {
    const heads = this.scorer.heads();
    this.row(
      row,
      heads,
      heads.map((live) => this.scoredBy(live)),
    );
  }

  private scoredBy(live: LiveHead): Scored {
    const places = this.scorer.outputs.placesOf(live);
    const { from } = this;
    const { rows, values } = this.columns;
    return (row, error, output, offset) => {
      if (error === undefined)
        for (let i = 0; i < places.length; i++)
          if (places[i] >= 0) values[places[i] * rows + from + row] = output[offset + i];
      this.told(1);
    };
  }

  private told(rows: number): void {
    this.left -= rows;
    if (this.left === 0) this.turn();
  }
}

type Scored = (row: number, error: BeckonError | undefined, output: Float32Array, offset: number) => void;
