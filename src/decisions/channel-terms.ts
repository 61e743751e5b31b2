import type { ManifestColumn } from '../inference/manifest.ts';
import type { ChannelChoice } from '../packs/choices.ts';
import { BestHour, type LocalHour, shifted } from './best-hour.ts';
import { type ChannelAnswer, rounded } from './decision.ts';
import { HOURS_OF_DAY } from './own-hours.ts';
import type { Question } from './question.ts';

const ALLOWED = 0;
const UNREACHABLE = 1;
const NO_CONSENT = 2;

/** What each channel adds to the worth of every action, worked out once a question. By channel, in the order of the pack. */
export class ChannelTerms {
  /** P(reached) at the best hour, 4 digits; NaN where no head knows. */
  readonly reach: Float64Array;
  /** How much more than `respond` says those respond who are reached over the channel. */
  readonly pull: Float64Array;
  /** Hours until the best hour. */
  readonly delays: Int32Array;
  /** Money for wearing on the customer, 4 digits. */
  readonly fatigue: Float64Array;
  /** 0 where the channel may be used. */
  readonly barred: Uint8Array;
  private readonly channels: readonly ChannelChoice[];
  private readonly places: Int32Array;
  /** Place of the channel's own hours among those of a question, -1 where it has none. */
  private readonly ownHours: Int32Array;
  private hours: readonly BestHour[];
  private readonly rules: readonly (readonly [string, string, string])[];
  private readonly order: number[];

  /** @param places of P(reached) among the outputs @param hourFeatures names of the features behind a question's own hours */
  constructor(channels: readonly ChannelChoice[], places: Int32Array, hourFeatures: readonly string[]) {
    const { length } = channels;
    this.channels = channels;
    this.places = places;
    this.ownHours = Int32Array.from(channels, ({ hours }) => (hours === undefined ? -1 : hourFeatures.indexOf(hours)));
    this.hours = channels.map(() => new BestHour(undefined));
    this.reach = new Float64Array(length);
    this.pull = new Float64Array(length).fill(1);
    this.delays = new Int32Array(length);
    this.fatigue = new Float64Array(length);
    this.barred = new Uint8Array(length);
    this.rules = channels.map(({ channel }) => ['', `reach.${channel}`, `consent.${channel}`] as const);
    this.order = channels.map((_, i) => i);
  }

  /** Takes the hours that models declare. @param columnAt the output at a place */
  learn(columnAt: (place: number) => ManifestColumn | undefined): void {
    this.hours = Array.from(this.places, (place) => new BestHour(columnAt(place)?.hours));
    for (const [i, place] of this.places.entries()) this.pull[i] = columnAt(place)?.pull ?? 1;
  }

  work({ values, outputs, addresses, ownTerms, hasOwn }: Question, now: LocalHour): void {
    for (let i = 0; i < this.channels.length; i++) {
      const { reach, consent, fatiguePrice, fatigueLoad } = this.channels[i];
      const isReachable = reach === undefined || reach.evaluate(values, outputs, addresses.bits) === true;
      this.barred[i] = !isReachable ? UNREACHABLE : consent >= 0 && values[consent] !== 1 ? NO_CONSENT : ALLOWED;
      this.fatigue[i] = rounded(fatiguePrice * (fatigueLoad.evaluate(values, outputs, addresses.bits) ?? Number.NaN));
      const place = this.places[i];
      const probability = place < 0 ? Number.NaN : outputs[place];
      const own = this.ownHours[i];
      const hours = this.hours[i];
      hours.choose(now, ownTerms, Math.max(0, own) * HOURS_OF_DAY, own >= 0 && hasOwn[own] === 1);
      this.delays[i] = hours.delay;
      this.reach[i] = rounded(shifted(probability, hours.term));
    }
  }

  /** The rule that bars a channel. */
  ruleOf(channel: number): string {
    return this.rules[channel][this.barred[channel]];
  }

  /** The channels as the answer shows them, the likeliest first. */
  answers(): ChannelAnswer[] {
    const { order, reach, channels } = this;
    // Few channels, mostly in the order of the last question: an insertion sort moves little.
    for (let i = 1; i < order.length; i++)
      for (let j = i; j > 0 && this.isBefore(order[j], order[j - 1]); j--) {
        const swapped = order[j];
        order[j] = order[j - 1];
        order[j - 1] = swapped;
      }
    return order.map((i) => {
      const allowed = this.barred[i] === ALLOWED;
      return {
        channel: channels[i].channel,
        propensity: Number.isNaN(reach[i]) ? undefined : reach[i],
        allowed,
        rule: allowed ? undefined : this.ruleOf(i),
      };
    });
  }

  /** Unknown ones last; of equals by name. */
  private isBefore(a: number, b: number): boolean {
    const [left, right] = [this.reach[a], this.reach[b]];
    if (left === right || (Number.isNaN(left) && Number.isNaN(right))) return a < b;
    return Number.isNaN(right) || left > right;
  }
}
