import { workerData } from 'node:worker_threads';
import { move } from 'piscina';
import type { BeckonError, ErrorCode } from '../../base/errors.ts';
import { setLimits } from '../../base/limits.ts';
import type { ScoreRequest } from '../../decisions/decision.ts';
import { compilePack } from '../../packs/pack.ts';
import { decisionStringifier } from '../../serving/http/decision-text.ts';
import { openScoring } from '../scoring.ts';
import { openColdReader, viewState } from '../shared-state.ts';
import type { ScoringThreadData } from './scoring-thread-data.ts';

/** A worker of the pool: decides for many customers in one task. */
const { config, source, memory, bundles } = workerData as ScoringThreadData;
setLimits(config.limits);
const pack = compilePack(source);
const view = viewState(pack, memory);
const { decider, schema } = await openScoring(config, pack, bundles, view, openColdReader(pack, view));
const stringify = decisionStringifier(schema);

/** What an error keeps on its way to another thread: as an error it would arrive without its code. */
export interface PoolRefusal {
  /** Position in the task of the question that was refused. */
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** @returns the decisions' JSON texts in order, comma-separated, UTF-8; handed over, not copied. Or why there are none */
export default (requests: readonly ScoreRequest[]): Promise<unknown> =>
  new Promise((resolve) => {
    const texts = new Array<string>(requests.length);
    let left = requests.length;
    decider.decideAll(requests, (i, error, decision) => {
      if (decision === undefined) resolve(refusal(error as BeckonError, i));
      else texts[i] = stringify(decision);
      if (--left === 0) resolve(move(new TextEncoder().encode(texts.join(','))));
    });
  });

const refusal = ({ code, message, details }: BeckonError, index: number): PoolRefusal => ({
  index,
  code,
  message,
  details,
});
