import Type, { type Static } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import type { Items } from '../features/items.ts';
import { compilePlan, type FeaturePlan } from '../features/plan.ts';
import { featureSpecs } from '../features/spec.ts';
import type { Trigger } from '../features/trigger.ts';
import { type ActionSpec, actionSpecs } from './actions.ts';
import { type CampaignSpec, campaignSpecs } from './campaigns.ts';
import { type ChannelSpec, channelSpecs } from './channels.ts';
import { itemsOf } from './items.ts';
import { compileLabels, compileMoment, type Label, type MomentRule } from './labels.ts';
import { type PackSource, packSha256, parsePackFile, readPackSource } from './pack-source.ts';
import { askedByRules, RuleItems } from './rule-items.ts';
import { compileTriggers, type TriggerSpec, triggerSpecs } from './triggers.ts';

/** Schema of `pack.yaml`. */
const PackSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z][a-z0-9-]{0,63}$',
      description: 'a name of small letters, digits and hyphens',
    }),
    version: Type.String({ minLength: 1 }),
    description: Type.Optional(Type.String()),
    currency: Type.Object(
      {
        code: Type.String({ pattern: '^[A-Z]{3}$', description: 'three capital letters' }),
        minorDigits: Type.Integer({ minimum: 0, maximum: 4 }),
      },
      { additionalProperties: false },
    ),
    utcOffset: Type.String({ pattern: '^[+-](0\\d|1[0-4]):[0-5]\\d$', description: 'an offset such as "+08:00"' }),
  },
  { additionalProperties: false },
);

type PackFile = Static<typeof PackSchema>;

/** One business as declared: its features compiled, its labels, and what its segments say. */
export interface Pack {
  readonly name: string;
  readonly version: string;
  /** Where its model bundles stand. */
  readonly folder: string;
  /** Of its files. */
  readonly sha256: string;
  readonly currency: PackFile['currency'];
  readonly utcOffset: string;
  /** The same in seconds east of UTC. */
  readonly zoneOffsetSec: number;
  readonly plan: FeaturePlan;
  /** What `items.yaml` says of each sku. */
  readonly items: Items;
  /** The same as rules see them. */
  readonly ruleItems: RuleItems;
  readonly featureNames: readonly string[];
  readonly labels: readonly Label[];
  /** Where `beckon export` takes its moments when it is given none. */
  readonly moment: MomentRule | undefined;
  /** The parsed `segments.yaml`; compiled with the outputs of the heads. */
  readonly segments: unknown;
  /** As declared, by id; their rules are compiled with the outputs of the heads. */
  readonly actions: readonly ActionSpec[];
  readonly channels: readonly ChannelSpec[];
  readonly campaigns: readonly CampaignSpec[];
  /** As declared, by name; and compiled, in the same order. */
  readonly triggers: readonly TriggerSpec[];
  readonly watched: readonly Trigger[];
}

/** Reads a pack folder and compiles it. @throws BeckonError PACK_INVALID in the user's words */
export const loadPack = (folder: string): Pack => compilePack(readPackSource(folder));

/**
 * Compiles `pack.yaml`, `features.yaml` and what else is there of a pack's files. Segments and the rules of actions,
 * channels and campaigns are compiled once the outputs of the heads are known.
 * @throws BeckonError PACK_INVALID in the user's words
 */
export const compilePack = (source: PackSource): Pack => {
  const file = parsePackFile(source, 'pack.yaml') as PackFile;
  const problem = checkSchema(PackSchema, file);
  if (problem !== undefined) throw new BeckonError('PACK_INVALID', `pack.yaml: ${problem}`);
  const labels = parsePackFile(source, 'labels.yaml') ?? { labels: [] };
  const specs = featureSpecs(parsePackFile(source, 'features.yaml'));
  const items = itemsOf(parsePackFile(source, 'items.yaml') ?? { items: [] });
  const zoneOffsetSec = offsetSec(file.utcOffset);
  const triggers = triggerSpecs(parsePackFile(source, 'triggers.yaml') ?? { triggers: [] });
  const channels = channelSpecs(parsePackFile(source, 'channels.yaml') ?? { channels: [] });
  const actions = actionSpecs(parsePackFile(source, 'actions.yaml') ?? { actions: [] }, channels);
  const campaigns = campaignSpecs(parsePackFile(source, 'campaigns.yaml') ?? { campaigns: [] }, actions, channels);
  const plan = compilePlan(specs, {
    minorDigits: file.currency.minorDigits,
    zoneOffsetSec,
    items,
    askedByRules: askedByRules([actions, channels, campaigns, triggers], items),
    triggers: triggers.map(({ name }) => name),
  });
  const featureNames = specs.map((spec) => spec.name);
  const ruleItems = new RuleItems(items);
  return {
    name: file.name,
    version: file.version,
    folder: source.folder,
    sha256: packSha256(source),
    currency: file.currency,
    utcOffset: file.utcOffset,
    zoneOffsetSec,
    plan,
    items,
    ruleItems,
    featureNames,
    labels: compileLabels(labels),
    moment: compileMoment(labels),
    triggers,
    watched: compileTriggers({ triggers, plan, featureNames, ruleItems, zoneOffsetSec }),
    segments: parsePackFile(source, 'segments.yaml') ?? { segments: {} },
    actions,
    channels,
    campaigns,
  };
};

const offsetSec = (offset: string): number => {
  const [hours, minutes] = offset.slice(1).split(':').map(Number);
  return (offset.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
};
