import { workerData } from 'node:worker_threads';
import { move } from 'piscina';
import type { BeckonError, ErrorCode } from '../../base/errors.ts';
import { setLimits } from '../../base/limits.ts';
import type { Columns, ColumnsAsked } from '../../decisions/column-scorer.ts';
import type { BatchRequest, Decision } from '../../decisions/decision.ts';
import { compilePack } from '../../packs/pack.ts';
import { DecisionWriter, RESULTS } from '../../serving/grpc/decision-writer.ts';
import { decisionStringifier } from '../../serving/http/decision-text.ts';
import { openScoring } from '../scoring.ts';
import { openColdReader, viewState } from '../shared-state.ts';
import type { ScoringThreadData } from './scoring-thread-data.ts';

/** A worker of the pool: decides for many customers in one task. */
const { config, source, memory, bundles } = workerData as ScoringThreadData;
setLimits(config.limits);
const pack = compilePack(source);
const view = viewState(pack, memory);
const { decider, columns } = await openScoring(config, pack, bundles, view, openColdReader(pack, view));
const stringify = decisionStringifier();
const writer = new DecisionWriter();
const encoder = new TextEncoder();

const fieldOf = (decision: Decision): Buffer => {
  writer.write(RESULTS, decision);
  return writer.out.take();
};

/** What an error keeps on its way to another thread: as an error it would arrive without its code. */
export interface PoolRefusal {
  /** Position in the task of the question that was refused. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** A part of a question whose answers become one text. */
export interface TextsTask {
  readonly asked: BatchRequest;
  /** Of the whole text, or a comma; and its end. */
  readonly open: string;
  readonly close: string;
}

/** @returns the decisions' JSON texts in order, comma-separated, UTF-8; handed over, not copied. Or why there are none */
export const texts = ({ asked, open, close }: TextsTask): Promise<unknown> =>
  decided(asked, stringify, (parts) => {
    parts[0] = open + parts[0];
    parts[parts.length - 1] += close;
    return encoder.encode(parts.join(','));
  });

/** The same as the fields of a `ScoreBatchResponse`. */
export const fields = (asked: BatchRequest): Promise<unknown> =>
  decided(asked, fieldOf, (parts) => new Uint8Array(Buffer.concat(parts)));

const decided = <Part>(
  asked: BatchRequest,
  partOf: (decision: Decision) => Part,
  whole: (parts: Part[]) => Uint8Array<ArrayBuffer>,
): Promise<unknown> =>
  new Promise((resolve) => {
    const parts = new Array<Part>(asked.customerIds.length);
    let left = parts.length;
    decider.decideAll(asked, (i, error, decision) => {
      if (decision === undefined) resolve(refusal(error as BeckonError, i));
      else parts[i] = partOf(decision);
      if (--left === 0) resolve(move(whole(parts)));
    });
  });

/** A part of a question about columns, which several tasks fill. */
export interface ScoresTask {
  readonly asked: ColumnsAsked;
  readonly into: Columns;
  /** Row of the first customer. */
  readonly from: number;
}

/** @returns why not all could be scored, undefined where they were */
export const scores = ({ asked, into, from }: ScoresTask): Promise<PoolRefusal | undefined> =>
  new Promise((resolve) => {
    const { bytes, bounds } = asked.customers;
    // On its way here a buffer becomes an array of bytes.
    const customers = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), bounds };
    columns.scoreNow({ ...asked, customers }, into, from, (error, index) =>
      resolve(error === undefined ? undefined : refusal(error, index)),
    );
  });

const refusal = ({ code, message, details }: BeckonError, index: number): PoolRefusal => ({
  index,
  code,
  message,
  details,
});
