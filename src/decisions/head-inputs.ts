import { compileGather, type Gather } from '../inference/gather.ts';
import type { LiveHead } from '../inference/registry.ts';
import type { ScoreRequest } from './decision.ts';

/** Makes a customer's features, and what a question says beside them, the next row of a model. */
export class HeadInputs {
  private readonly featureNames: readonly string[];
  /** Of a model's inputs from the features, by model. */
  private readonly gathers = new WeakMap<LiveHead, Gather>();

  /** @param featureNames of the pack, in the order of the values */
  constructor(featureNames: readonly string[]) {
    this.featureNames = featureNames;
  }

  /** Writes where the model's batcher has its next row; the row is taken once it is added. */
  write(live: LiveHead, values: Float64Array, context: ScoreRequest['context']): void {
    const { batcher, session } = live;
    const { input, offset } = batcher;
    this.gatherOf(live)(values, input, offset);
    const contextAt = offset + session.featureNames.length;
    for (let i = 0; i < session.context.length; i++) {
      const { name, default: standard } = session.context[i];
      const given = context?.[name];
      input[contextAt + i] = given === undefined ? standard : Number(given);
    }
  }

  private gatherOf(live: LiveHead): Gather {
    let gather = this.gathers.get(live);
    if (gather === undefined) {
      gather = compileGather(live.session.featureNames.map((name) => this.featureNames.indexOf(name)));
      this.gathers.set(live, gather);
    }
    return gather;
  }
}
