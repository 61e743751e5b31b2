import { LIMITS } from '../base/limits.ts';
import { HOLD_ID } from '../packs/actions.ts';
import type { Choices } from '../packs/choices.ts';
import type { ChannelTerms } from './channel-terms.ts';
import { rounded, type Suppression, type Terms } from './decision.ts';
import type { DecisionPlaces } from './head-outputs.ts';
import type { Question } from './question.ts';
import type { Scope } from './scope.ts';

/** The action of doing nothing, in place of an action's position. */
export const HOLDING = -1;
const NOBODY = -1;

/**
 * The best candidates of a question, action × channel, by worth. Numbers in typed arrays; objects are made for those that
 * the answer names. Terms are rounded before they are multiplied, so that anyone can work out the worth from the answer.
 */
export class Ranking {
  /** How many candidates are kept, then each by rank. */
  count = 0;
  readonly actions = new Int32Array(LIMITS.rankedMax);
  readonly channels = new Int32Array(LIMITS.rankedMax);
  readonly campaigns = new Int32Array(LIMITS.rankedMax);
  readonly worths = new Float64Array(LIMITS.rankedMax);
  private readonly choices: Choices;
  private readonly places: DecisionPlaces;
  private readonly terms: ChannelTerms;
  private readonly respond: Float64Array;
  private readonly value: Float64Array;
  /** By action: P(outcome) of somebody left alone, and what an outcome costs in discounts. */
  private readonly anyway: Float64Array;
  private readonly redeemed: Float64Array;
  /** The best candidate that was dropped, by channel. */
  private readonly droppedAction: Int32Array;
  private readonly droppedWorth: Float64Array;
  /** Where hold stands among the ids of actions. */
  private readonly holdAt: number;
  private limit = 0;

  constructor(choices: Choices, places: DecisionPlaces, terms: ChannelTerms) {
    const { actions, channels } = choices;
    this.choices = choices;
    this.places = places;
    this.terms = terms;
    this.respond = new Float64Array(actions.length);
    this.value = new Float64Array(actions.length);
    this.anyway = new Float64Array(actions.length);
    this.redeemed = new Float64Array(actions.length);
    this.droppedAction = new Int32Array(channels.length);
    this.droppedWorth = new Float64Array(channels.length);
    this.holdAt = actions.filter(({ actionId }) => actionId < HOLD_ID).length;
  }

  /** Ranks the candidates of a question whose channels are worked out; equal ones by id. */
  rank(question: Question, scope: Scope, limit: number): void {
    const { actions } = this.choices;
    this.count = 0;
    this.limit = limit;
    this.droppedAction.fill(NOBODY);
    for (let action = 0; action <= actions.length; action++) {
      if (action === this.holdAt) this.offer(0, HOLDING, 0, 0);
      if (action < actions.length && scope.actions[action] === 1 && this.work(question, action))
        this.spread(action, scope);
    }
  }

  termsOf(rank: number): Terms {
    const action = this.actions[rank];
    const channel = this.channels[rank];
    return {
      reach: this.terms.reach[channel],
      respond: this.respondOf(action, channel),
      value: this.value[action],
      discount: this.discountOf(action, channel),
      lever: this.choices.actions[action].leverFactor,
      cost: this.choices.channels[channel].cost,
      fatigue: this.terms.fatigue[channel],
      budget: 0,
    };
  }

  /** What was dropped, by channel. */
  suppressed(): Suppression[] {
    const list: Suppression[] = [];
    for (let channel = 0; channel < this.droppedAction.length; channel++) {
      const action = this.droppedAction[channel];
      if (action === NOBODY) continue;
      const { actionId } = this.choices.actions[action];
      list.push({ actionId, channel: this.choices.channels[channel].channel, rule: this.terms.ruleOf(channel) });
    }
    return list;
  }

  /** What an action is worth once the customer is reached. @returns false where it is not for them, or nobody knows */
  private work({ values, outputs, addresses: { bits } }: Question, action: number): boolean {
    const { eligibility, value, faceValue } = this.choices.actions[action];
    const { buy, base, redeem } = this.places;
    if (buy[action] < 0 || (eligibility !== undefined && eligibility.evaluate(values, outputs, bits) !== true))
      return false;
    const bought = outputs[buy[action]];
    const anyway = base[action] < 0 ? 0 : outputs[base[action]];
    this.respond[action] = Math.max(0, bought - anyway);
    this.anyway[action] = Math.min(bought, anyway);
    this.value[action] = rounded(value.evaluate(values, outputs, bits) ?? Number.NaN);
    this.redeemed[action] = 0;
    if (faceValue !== undefined) {
      const face = faceValue.evaluate(values, outputs, bits) ?? Number.NaN;
      this.redeemed[action] = (redeem < 0 ? 1 : outputs[redeem]) * face;
    }
    return Number.isFinite(this.respond[action] * this.value[action] - this.redeemed[action]);
  }

  /** What being reached over a channel adds to P(outcome), which stays a probability however hard the channel pulls. */
  private respondOf(action: number, channel: number): number {
    return rounded(Math.min(1 - this.anyway[action], this.respond[action] * this.terms.pull[channel]));
  }

  private discountOf(action: number, channel: number): number {
    const bought = Math.min(1, this.anyway[action] + this.respond[action] * this.terms.pull[channel]);
    return rounded(bought * this.redeemed[action]);
  }

  /** Offers an action over each channel that an open campaign may use for it. */
  private spread(action: number, scope: Scope): void {
    const { channels, actions } = this.choices;
    const { reach, fatigue, barred } = this.terms;
    const { leverFactor } = actions[action];
    for (let channel = 0; channel < channels.length; channel++) {
      if (scope.channels[channel] === 0) continue;
      const floor = this.count < this.limit ? Number.NEGATIVE_INFINITY : this.worths[this.limit - 1];
      const campaign = this.campaignOf(action * channels.length + channel, scope);
      if (campaign === NOBODY) continue;
      const gain = this.respondOf(action, channel) * this.value[action] - this.discountOf(action, channel);
      const exact = reach[channel] * gain * leverFactor - channels[channel].cost - fatigue[channel];
      // Most are worth less than those that are kept already; also false where nobody knows.
      if (!(exact >= floor) && barred[channel] === 0) continue;
      const worth = rounded(exact);
      if (!Number.isFinite(worth)) continue;
      if (barred[channel] === 0) this.offer(worth, action, channel, campaign);
      else if (this.droppedAction[channel] === NOBODY || worth > this.droppedWorth[channel]) {
        this.droppedAction[channel] = action;
        this.droppedWorth[channel] = worth;
      }
    }
  }

  /** The first open campaign that may use a pair. */
  private campaignOf(pair: number, scope: Scope): number {
    const { campaigns } = this.choices;
    for (let campaign = 0; campaign < campaigns.length; campaign++)
      if (scope.campaigns[campaign] === 1 && campaigns[campaign].pairs[pair] === 1) return campaign;
    return NOBODY;
  }

  private offer(worth: number, action: number, channel: number, campaign: number): void {
    const { actions, channels, campaigns, worths, limit } = this;
    if (this.count === limit && worth <= worths[limit - 1]) return;
    let rank = this.count < limit ? this.count++ : limit - 1;
    for (; rank > 0 && worths[rank - 1] < worth; rank--) {
      actions[rank] = actions[rank - 1];
      channels[rank] = channels[rank - 1];
      campaigns[rank] = campaigns[rank - 1];
      worths[rank] = worths[rank - 1];
    }
    actions[rank] = action;
    channels[rank] = channel;
    campaigns[rank] = campaign;
    worths[rank] = worth;
  }
}
