import type { LiveHead } from '../inference/registry.ts';
import type { Choices } from '../packs/choices.ts';

/** Heads whose outputs a decision is made of; the others' are shown as scores. */
const DECIDING = ['action', 'channel', 'call'] as const;

/** An output as a manifest declares it. */
interface Output {
  readonly name: string;
  readonly of?: string;
}

/** A bundle, as far as its outputs go. */
interface Outputs {
  readonly manifest: { readonly head: string; readonly output: { readonly columns: readonly Output[] } };
}

const ORDERED = 'order.placed';

/**
 * Where each output of the pack's heads stands among the numbers of a question, and what a decision reads where. A
 * bundle may answer for several heads at once (`of` of a column), so that one run of a model serves them all.
 */
export class HeadOutputs {
  /** Names of all outputs, by place; rules read them by these names. */
  readonly names: readonly string[];
  /** The head of each, by place. */
  readonly headOf: readonly string[];
  /** The heads there are. */
  readonly heads: readonly string[];
  /** Outputs that are shown under `scores`. */
  readonly scores: readonly { readonly name: string; readonly place: number }[];
  private readonly keys: readonly string[];
  private readonly placesOfHead = new WeakMap<LiveHead, Int32Array>();

  constructor(bundles: readonly Outputs[]) {
    const all = bundles.flatMap(({ manifest: { head, output } }) =>
      output.columns.map(({ name, of = head }) => ({ name, of })),
    );
    this.names = all.map(({ name }) => name);
    this.headOf = all.map(({ of }) => of);
    this.keys = all.map(({ name, of }) => `${of} ${name}`);
    this.heads = [...new Set(this.headOf)];
    this.scores = all
      .map(({ name, of }, place) => ({ name, of, place }))
      .filter(({ of }) => !(DECIDING as readonly string[]).includes(of));
  }

  /** @returns the place of an output of a head, -1 where there is none */
  placeOf(head: string, name: string): number {
    return this.keys.indexOf(`${head} ${name}`);
  }

  /** Places of a model's outputs in order. */
  placesOf(live: LiveHead): Int32Array {
    let places = this.placesOfHead.get(live);
    if (places === undefined) {
      const { head, columns } = live.session;
      places = Int32Array.from(columns, ({ name, of = head }) => this.placeOf(of, name));
      this.placesOfHead.set(live, places);
    }
    return places;
  }
}

/** The heads that a model answers for. */
const headsOf = ({ session: { head, columns } }: LiveHead): string[] => [
  ...new Set(columns.map(({ of = head }) => of)),
];

/** What answers name as the models behind them, by head. */
export const modelsOf = (heads: readonly LiveHead[]): Readonly<Record<string, string>> =>
  Object.fromEntries(heads.flatMap((live) => headsOf(live).map((head) => [head, live.label])));

/** Where a decision finds its probabilities; -1 where no head gives them. */
export interface DecisionPlaces {
  /** By action: P(outcome | contacted with it), and P(outcome | not contacted). */
  readonly buy: Int32Array;
  readonly base: Int32Array;
  /** P(redeemed | bought with a coupon). */
  readonly redeem: number;
  /** By channel. */
  readonly reach: Int32Array;
  readonly answer: number;
  readonly convert: number;
}

export const decisionPlaces = (outputs: HeadOutputs, { actions, channels }: Choices): DecisionPlaces => ({
  // Where nobody knows who would order anyway, an order cannot be said to be caused.
  buy: Int32Array.from(actions, ({ actionId, outcomeEvent }) =>
    outcomeEvent === ORDERED && hold(outputs) < 0 ? -1 : outputs.placeOf('action', `buy.${actionId}`),
  ),
  base: Int32Array.from(actions, ({ outcomeEvent }) =>
    outcomeEvent === ORDERED ? hold(outputs) : outputs.placeOf('action', `base.${outcomeEvent}`),
  ),
  redeem: outputs.placeOf('action', 'redeem'),
  reach: Int32Array.from(channels, ({ channel }) => outputs.placeOf('channel', `reach.${channel}`)),
  answer: outputs.placeOf('call', 'answer'),
  convert: outputs.placeOf('call', 'convert'),
});

const hold = (outputs: HeadOutputs): number => outputs.placeOf('action', 'buy.hold');
