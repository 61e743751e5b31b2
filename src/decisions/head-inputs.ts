import { compileGather } from '../inference/gather.ts';
import type { LiveHead } from '../inference/registry.ts';
import type { ScoreRequest } from './decision.ts';

/** Makes a customer's features, and what a question says beside them, the row of a model that begins at `into[at]`. */
export type RowWriter = (
  values: Float64Array,
  context: ScoreRequest['context'],
  into: Float32Array,
  at: number,
) => void;

/** How models are given what they read. */
export class HeadInputs {
  private readonly featureNames: readonly string[];
  private readonly writers = new WeakMap<LiveHead, RowWriter>();

  /** @param featureNames of the pack, in the order of the values */
  constructor(featureNames: readonly string[]) {
    this.featureNames = featureNames;
  }

  /** Writes where the model's batcher has its next row; the row is taken once it is added. */
  write(live: LiveHead, values: Float64Array, context: ScoreRequest['context']): void {
    const { batcher } = live;
    this.writerOf(live)(values, context, batcher.input, batcher.offset);
  }

  writerOf(live: LiveHead): RowWriter {
    let writer = this.writers.get(live);
    if (writer === undefined) {
      writer = this.compile(live.session);
      this.writers.set(live, writer);
    }
    return writer;
  }

  private compile({ featureNames, context: inputs }: LiveHead['session']): RowWriter {
    const gather = compileGather(featureNames.map((name) => this.featureNames.indexOf(name)));
    return (values, context, into, at) => {
      gather(values, into, at);
      const contextAt = at + featureNames.length;
      for (let i = 0; i < inputs.length; i++) {
        const { name, default: standard } = inputs[i];
        const given = context?.[name];
        into[contextAt + i] = given === undefined ? standard : Number(given);
      }
    };
  }
}
