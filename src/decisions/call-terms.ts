import type { ManifestColumn } from '../inference/manifest.ts';
import type { Choices } from '../packs/choices.ts';
import { BestHour, type LocalHour, shifted } from './best-hour.ts';
import type { ChannelTerms } from './channel-terms.ts';
import { type CallAnswer, rounded } from './decision.ts';
import type { DecisionPlaces } from './head-outputs.ts';
import { HOURS_OF_DAY } from './own-hours.ts';
import type { Question } from './question.ts';

/** Channels that are calls; the answer speaks of the first that the pack has. */
const CALLS = ['human_call', 'ai_call'];

/** What a call is worth: `answer × (convert × value - second's cost × mean time) - cost - fatigue`, at its best hour. */
export class CallTerms {
  private readonly choices: Choices;
  private readonly places: DecisionPlaces;
  private readonly channelTerms: ChannelTerms;
  /** Position of the channel, -1 where the pack places no calls. */
  private readonly channel: number;
  private readonly ownHours: number;
  private hours = new BestHour(undefined);

  constructor(choices: Choices, places: DecisionPlaces, channelTerms: ChannelTerms, hourFeatures: readonly string[]) {
    this.choices = choices;
    this.places = places;
    this.channelTerms = channelTerms;
    const positions = CALLS.map((name) => choices.channels.findIndex(({ channel }) => channel === name));
    this.channel = positions.find((position) => position >= 0) ?? -1;
    const hours = this.channel < 0 ? undefined : choices.channels[this.channel].hours;
    this.ownHours = hours === undefined ? -1 : hourFeatures.indexOf(hours);
  }

  learn(columnAt: (place: number) => ManifestColumn | undefined): void {
    this.hours = new BestHour(columnAt(this.places.answer)?.hours);
  }

  /**
   * @param campaigns 1 for those that are open; the first that says what a conversion is worth is asked
   * @returns undefined where no head knows, or no campaign places calls
   */
  work(question: Question, now: LocalHour, campaigns: Uint8Array): CallAnswer | undefined {
    const { channel, ownHours, hours, places, choices } = this;
    const { values, outputs, addresses, ownTerms, hasOwn } = question;
    if (channel < 0 || places.answer < 0 || places.convert < 0) return undefined;
    const campaign = choices.campaigns.find(({ callValue }, i) => campaigns[i] === 1 && callValue !== undefined);
    if (campaign?.callValue === undefined) return undefined;
    const hasOwnHours = ownHours >= 0 && hasOwn[ownHours] === 1;
    hours.choose(now, ownTerms, Math.max(0, ownHours) * HOURS_OF_DAY, hasOwnHours);
    const answer = rounded(shifted(outputs[places.answer], hours.term));
    const convert = rounded(outputs[places.convert]);
    const value = campaign.callValue.evaluate(values, outputs, addresses.bits) ?? Number.NaN;
    const { cost, secondCost } = choices.channels[channel];
    const talk = convert * value - secondCost * campaign.ahtSeconds;
    const expectedValue = rounded(answer * talk - cost - this.channelTerms.fatigue[channel]);
    if (!Number.isFinite(expectedValue)) return undefined;
    return {
      propensity: rounded(answer * convert),
      answer,
      convert,
      expectedValue,
      bestHour: (now.ofDay + hours.delay) % HOURS_OF_DAY,
      callNow: hours.delay === 0 && expectedValue > 0 && this.channelTerms.barred[channel] === 0,
    };
  }
}
