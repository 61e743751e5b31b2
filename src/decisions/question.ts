import type { BeckonError } from '../base/errors.ts';
import { Addresses } from '../features/addresses.ts';
import type { Decision, ScoreRequest } from './decision.ts';
import { HOURS_OF_DAY } from './own-hours.ts';

/** Told once for each decision asked for; after an error there is no decision. */
export type DecisionDone = (error: BeckonError | undefined, decision: Decision | undefined) => void;

/** A question on its way: its numbers stay here from the read to the answer. Reused. */
export class Question {
  request!: ScoreRequest;
  done!: DecisionDone;
  /** Features by position. */
  readonly values: Float64Array;
  /** Outputs of the heads by place; NaN where a head failed. */
  readonly outputs: Float64Array;
  readonly addresses: Addresses;
  /** The customer's own hours, 24 terms a feature that knows them. */
  readonly ownTerms: Float64Array;
  /** Whether there are terms, by feature. */
  readonly hasOwn: Uint8Array;
  models: Readonly<Record<string, string>> = {};
  headsLeft = 0;
  isDegraded = false;
  isKnown = false;
  shard = 0;
  offset = 0;
  nowMs = 0;
  atMs = 0;

  constructor(sizes: { features: number; outputs: number; schemes: number; hourFeatures: number }) {
    this.values = new Float64Array(sizes.features);
    this.outputs = new Float64Array(sizes.outputs);
    this.addresses = new Addresses(sizes.schemes);
    this.ownTerms = new Float64Array(sizes.hourFeatures * HOURS_OF_DAY);
    this.hasOwn = new Uint8Array(sizes.hourFeatures);
  }
}
