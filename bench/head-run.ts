import { compileGather, type Gather } from '../src/inference/gather.ts';
import type { HeadSession } from '../src/inference/session.ts';

/** A model with room for the inputs and outputs of a batch. */
export class HeadRun {
  readonly session: HeadSession;
  readonly output: Float32Array;
  private readonly input: Float32Array;
  /** Of the inputs from the features of the pack. */
  private readonly gather: Gather;
  private readonly batch: number;

  constructor(session: HeadSession, featureNames: readonly string[], batch: number) {
    this.session = session;
    this.batch = batch;
    this.gather = compileGather(session.featureNames.map((name) => featureNames.indexOf(name)));
    this.input = new Float32Array(batch * session.inputWidth);
    this.output = new Float32Array(batch * session.outputWidth);
  }

  /** Makes a customer's features the inputs of a row. */
  write(values: Float64Array, row: number, into = this.input): void {
    const { gather, session } = this;
    let at = row * session.inputWidth;
    gather(values, into, at);
    at += session.featureNames.length;
    for (const { default: standard } of session.context) into[at++] = standard;
  }

  /** Scores what was written. */
  run(): void {
    this.session.run(this.input, this.batch, this.output);
  }
}
