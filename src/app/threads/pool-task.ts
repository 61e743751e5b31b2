import { workerData } from 'node:worker_threads';
import { move } from 'piscina';
import { setLimits } from '../../base/limits.ts';
import type { ScoreRequest } from '../../decisions/decision.ts';
import { loadPack } from '../../packs/pack.ts';
import { decisionStringifier } from '../../serving/http/decision-schema.ts';
import { openScoring } from '../scoring.ts';
import { viewState } from '../shared-state.ts';
import type { ScoringThreadData } from './scoring-thread-data.ts';

/** A worker of the pool: decides for many customers in one task. */
const { config, memory, bundles } = workerData as ScoringThreadData;
setLimits(config.limits);
const pack = loadPack(config.pack);
const { decider, schema } = await openScoring(config, pack, bundles, viewState(pack, memory));
const stringify = decisionStringifier(schema);

/** @returns the decisions' JSON texts in order, comma-separated, UTF-8; handed over, not copied */
export default (requests: readonly ScoreRequest[]): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const texts = new Array<string>(requests.length);
    let left = requests.length;
    for (const [i, request] of requests.entries())
      decider.decide(request, (error, decision) => {
        if (decision === undefined) reject(error);
        else texts[i] = stringify(decision);
        if (--left === 0) resolve(move(new TextEncoder().encode(texts.join(','))));
      });
  });
