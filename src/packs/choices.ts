import { BeckonError } from '../base/errors.ts';
import { didYouMean } from '../base/suggest.ts';
import { durationSec } from '../features/duration.ts';
import { type ActionSpec, CONTENT_IS_NUMBER } from './actions.ts';
import type { ChannelSpec } from './channels.ts';
import type { Pack } from './pack.ts';
import { type Rule, Rules } from './rules.ts';

/** What can be done for a customer of a pack, its rules compiled: all that a decision chooses from. By id. */
export interface Choices {
  readonly actions: readonly ActionChoice[];
  readonly channels: readonly ChannelChoice[];
  readonly campaigns: readonly CampaignChoice[];
  /** Schemes of the aliases that rules and addresses ask for; their places are the bits that rules see. */
  readonly schemes: readonly string[];
  /** Names of the features that rules read. */
  readonly features: readonly string[];
}

export interface ActionChoice {
  readonly actionId: string;
  readonly leverFactor: number;
  readonly outcomeEvent: string;
  /** How long the advice holds, from the time of sending. */
  readonly validMs: number;
  readonly value: Rule<number>;
  readonly eligibility: Rule<boolean> | undefined;
  /** Undefined where the action costs no discount. */
  readonly faceValue: Rule<number> | undefined;
  /** What `params` says. */
  readonly content: readonly { readonly name: string; readonly rule: Rule<string | number> }[];
}

export interface ChannelChoice {
  readonly channel: string;
  readonly cost: number;
  readonly secondCost: number;
  readonly fatiguePrice: number;
  readonly fatigueLoad: Rule<number>;
  readonly reach: Rule<boolean> | undefined;
  /** Position among the features, -1 where no consent is asked for. */
  readonly consent: number;
  /** Place of the address's scheme in {@link Choices.schemes}, -1 where the channel needs none. */
  readonly addressBit: number;
  /** Name of the feature that knows the customer's own hours. */
  readonly hours: string | undefined;
}

export interface CampaignChoice {
  readonly campaignId: string;
  readonly audience: Rule<boolean> | undefined;
  /** By action, then channel: whether the campaign may use the two together. */
  readonly pairs: Uint8Array;
  readonly callValue: Rule<number> | undefined;
  readonly ahtSeconds: number;
}

const VALID_SEC = 86_400;

/**
 * @param outputs names of all outputs of the pack's heads
 * @throws BeckonError PACK_INVALID in the user's words
 */
export const compileChoices = (pack: Pack, outputs: readonly string[]): Choices => {
  const rules = new Rules(pack.featureNames, outputs, pack.ruleItems);
  const used = new Set<string>();
  const use = <R extends Rule<unknown> | undefined>(rule: R): R => {
    for (const name of rule?.features ?? []) used.add(name);
    return rule;
  };
  const positionOf = (name: string | undefined, where: string): number => {
    if (name === undefined) return -1;
    const position = pack.featureNames.indexOf(name);
    if (position < 0) throw noFeature(name, where, pack.featureNames);
    used.add(name);
    return position;
  };
  const actions = pack.actions.map((spec) => actionChoice(spec, rules, use));
  const channels = pack.channels.map((spec): ChannelChoice => {
    const { channel, cost, secondCost = 0, fatigue, reach, consent, address, hours } = spec;
    const where = `channels.yaml: channel \`${channel}\`: `;
    checkHours(pack, spec, where);
    return {
      channel,
      cost,
      secondCost,
      fatiguePrice: fatigue?.price ?? 0,
      fatigueLoad: use(rules.number(fatigue?.load ?? 0, `${where}fatigue.load`)),
      reach: reach === undefined ? undefined : use(rules.boolean(reach, `${where}reach`)),
      consent: positionOf(consent, `${where}consent`),
      addressBit: address === undefined ? -1 : rules.bitOf(address),
      hours,
    };
  });
  const campaigns = pack.campaigns.map((spec): CampaignChoice => {
    const where = `campaigns.yaml: campaign \`${spec.campaignId}\`: `;
    const { audience, callValue, ahtSeconds = 0 } = spec;
    return {
      campaignId: spec.campaignId,
      audience: audience === undefined ? undefined : use(rules.boolean(audience, `${where}audience`)),
      callValue: callValue === undefined ? undefined : use(rules.number(callValue, `${where}callValue`)),
      ahtSeconds,
      pairs: Uint8Array.from(
        pack.actions.flatMap((action) =>
          pack.channels.map(({ channel }) =>
            Number(
              spec.actions.includes(action.actionId) &&
                spec.channels.includes(channel) &&
                action.channels.includes(channel),
            ),
          ),
        ),
      ),
    };
  });
  return { actions, channels, campaigns, schemes: rules.schemes, features: [...used] };
};

const actionChoice = (
  spec: ActionSpec,
  rules: Rules,
  use: <R extends Rule<unknown> | undefined>(rule: R) => R,
): ActionChoice => {
  const { actionId, leverFactor, outcome, value, eligibility, discount, content, validFor } = spec;
  const where = `actions.yaml: action \`${actionId}\`: `;
  const params = Object.entries(content).map(([name, part]) => {
    const place = `${where}content.${name}`;
    const amount = typeof part === 'object' ? part.cel : part;
    const rule = CONTENT_IS_NUMBER[name] ? rules.number(amount, place) : rules.text(part as string, place);
    return { name, rule: use<Rule<string | number>>(rule) };
  });
  return {
    actionId,
    leverFactor,
    outcomeEvent: outcome.event,
    validMs: 1000 * (validFor === undefined ? VALID_SEC : durationSec(validFor)),
    value: use(rules.number(value, `${where}value`)),
    eligibility: eligibility === undefined ? undefined : use(rules.boolean(eligibility, `${where}eligibility`)),
    faceValue: discount
      ? (params.find(({ name }) => name === 'faceValue')?.rule as Rule<number> | undefined)
      : undefined,
    content: params,
  };
};

const checkHours = ({ plan, featureNames }: Pack, { hours }: ChannelSpec, where: string): void => {
  if (hours === undefined) return;
  const feature = plan.features.find(({ spec }) => spec.name === hours);
  if (feature === undefined) throw noFeature(hours, `${where}hours`, featureNames);
  const { kind, bins } = feature.spec as { kind: string; bins?: string };
  if (kind !== 'hours' || bins !== 'hour')
    throw new BeckonError(
      'PACK_INVALID',
      `${where}hours: feature \`${hours}\` must be of the kind hours with \`bins: hour\``,
    );
};

const noFeature = (name: string, where: string, features: readonly string[]): BeckonError =>
  new BeckonError('PACK_INVALID', `${where}: there is no feature \`${name}\`${didYouMean(name, features)}`);
