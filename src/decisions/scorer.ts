import { formatTime } from '../base/clock.ts';
import type { Addresses } from '../features/addresses.ts';
import type { LiveHead } from '../inference/registry.ts';
import type { ActionChoice, Choices } from '../packs/choices.ts';
import { hourStartMs, type LocalHour, localHour } from './best-hour.ts';
import { CallTerms } from './call-terms.ts';
import { ChannelTerms } from './channel-terms.ts';
import {
  type Advice,
  type CallAnswer,
  type Candidate,
  type ChannelAnswer,
  HOLD,
  type Suppression,
} from './decision.ts';
import { decisionPlaces, type HeadOutputs } from './head-outputs.ts';
import type { Question } from './question.ts';
import { HOLDING, Ranking } from './ranking.ts';
import { Scope } from './scope.ts';

/** What an answer says of actions, channels and calls. */
export interface Scored {
  readonly decision: Advice;
  readonly ranked: readonly Candidate[];
  readonly channels: readonly ChannelAnswer[];
  readonly call: CallAnswer | undefined;
  readonly suppressed: readonly Suppression[];
}

const RANKED = 3;
/** Times of sending fall on few hours. */
const TEXTS_MAX = 1000;
const ADVISED_HOLD: Advice = { actionId: HOLD.actionId, expectedValue: 0, selectionProbability: 1, hold: true };
const NONE: readonly never[] = [];

/**
 * The one scorer: actions, channels and calls are views of the same numbers. One a thread; each question is scored whole
 * before the next.
 */
export class Scorer {
  readonly scope: Scope;
  private readonly choices: Choices;
  private readonly zoneOffsetSec: number;
  private readonly outputs: HeadOutputs;
  private readonly channelTerms: ChannelTerms;
  private readonly callTerms: CallTerms;
  private readonly ranking: Ranking;
  private readonly timeTexts = new Map<number, string>();

  /** @param hourFeatures names of the features behind a question's own hours */
  constructor(choices: Choices, outputs: HeadOutputs, hourFeatures: readonly string[], zoneOffsetSec: number) {
    const places = decisionPlaces(outputs, choices);
    this.choices = choices;
    this.outputs = outputs;
    this.zoneOffsetSec = zoneOffsetSec;
    this.scope = new Scope(choices);
    this.channelTerms = new ChannelTerms(choices.channels, places.reach, hourFeatures);
    this.callTerms = new CallTerms(choices, places, this.channelTerms, hourFeatures);
    this.ranking = new Ranking(choices, places, this.channelTerms);
  }

  /** Takes what the models in force declare beside their outputs. */
  learn(heads: readonly LiveHead[]): void {
    const columns = new Map(
      heads.flatMap((live) => [...this.outputs.placesOf(live)].map((place, i) => [place, live.session.columns[i]])),
    );
    const columnAt = (place: number) => columns.get(place);
    this.channelTerms.learn(columnAt);
    this.callTerms.learn(columnAt);
  }

  /** @param atText the time asked for, as answers show it */
  score(question: Question, atText: string): Scored {
    const { scope, channelTerms, ranking } = this;
    const now = localHour(Math.floor(question.atMs / 1000), this.zoneOffsetSec);
    scope.open(question);
    channelTerms.work(question, now);
    ranking.rank(question, scope, question.request.limit ?? RANKED);
    const ranked: Candidate[] = [];
    for (let rank = 0; rank < ranking.count; rank++) ranked.push(this.candidate(rank, now, atText));
    return {
      decision: this.advice(question, ranked[0], now),
      ranked,
      channels: this.choices.channels.length === 0 ? NONE : channelTerms.answers(),
      call: this.callTerms.work(question, now, scope.campaigns),
      suppressed: ranking.suppressed(),
    };
  }

  private candidate(rank: number, now: LocalHour, atText: string): Candidate {
    const { ranking, choices } = this;
    const action = ranking.actions[rank];
    if (action === HOLDING) return HOLD;
    const channel = ranking.channels[rank];
    const delay = this.channelTerms.delays[channel];
    return {
      actionId: choices.actions[action].actionId,
      channel: choices.channels[channel].channel,
      sendAt: delay === 0 ? atText : this.timeText(this.startMs(delay, now)),
      expectedValue: ranking.worths[rank],
      terms: ranking.termsOf(rank),
    };
  }

  /** The first of the ranked. */
  private advice(question: Question, best: Candidate, now: LocalHour): Advice {
    const { ranking, choices } = this;
    if (ranking.actions[0] === HOLDING) return ADVISED_HOLD;
    const action = choices.actions[ranking.actions[0]];
    const { addressBit } = choices.channels[ranking.channels[0]];
    const { actionId, channel, sendAt, expectedValue } = best;
    const delay = this.channelTerms.delays[ranking.channels[0]];
    const sendMs = delay === 0 ? question.atMs : this.startMs(delay, now);
    return {
      actionId,
      channel,
      sendAt,
      expiresAt: this.timeText(sendMs + action.validMs),
      expectedValue,
      selectionProbability: 1,
      hold: false,
      campaignId: choices.campaigns[ranking.campaigns[0]].campaignId,
      address: question.addresses.text(addressBit),
      params: paramsOf(action, question, question.addresses),
    };
  }

  private startMs(delayHours: number, now: LocalHour): number {
    return hourStartMs(now.number + delayHours, this.zoneOffsetSec);
  }

  private timeText(timeMs: number): string {
    let text = this.timeTexts.get(timeMs);
    if (text === undefined) {
      if (this.timeTexts.size >= TEXTS_MAX) this.timeTexts.clear();
      text = formatTime(timeMs);
      this.timeTexts.set(timeMs, text);
    }
    return text;
  }
}

/** The action's content, filled in; what it asks for and is not there is left out. */
const paramsOf = (
  { content }: ActionChoice,
  { values, outputs }: Question,
  { bits }: Addresses,
): Record<string, string | number> => {
  const params: Record<string, string | number> = {};
  for (const { name, rule } of content) {
    const value = rule.evaluate(values, outputs, bits);
    if (value !== undefined && !Number.isNaN(value)) params[name] = value;
  }
  return params;
};
