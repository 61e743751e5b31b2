import Type, { type Static } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { didYouMean } from '../base/suggest.ts';
import { CHANNELS } from '../events/channels.ts';
import type { ActionSpec } from './actions.ts';
import { AMOUNT, type ChannelSpec } from './channels.ts';

const closed = { additionalProperties: false } as const;

const CampaignSchema = Type.Object(
  {
    campaignId: Type.String({
      pattern: '^[a-z][a-z0-9_-]{0,63}$',
      description: 'a name of small letters, digits, hyphens and underscores',
    }),
    description: Type.Optional(Type.String()),
    audience: Type.Optional(Type.String({ minLength: 1, description: 'CEL; everybody where it is absent' })),
    actions: Type.Optional(Type.Array(Type.String(), { minItems: 1, description: 'all where it is absent' })),
    channels: Type.Optional(
      Type.Array(Type.Enum([...CHANNELS]), { minItems: 1, description: 'all where it is absent' }),
    ),
    callValue: Type.Optional(AMOUNT),
    ahtSeconds: Type.Optional(Type.Number({ minimum: 0, description: 'Mean time of a call that is answered' })),
    failSeconds: Type.Optional(Type.Number({ minimum: 0, description: 'Time that a call takes which nobody answers' })),
    callAll: Type.Optional(Type.Boolean({ description: 'Calls that are not worth it are offered too' })),
  },
  closed,
);

/** Schema of `campaigns.yaml`. */
export const CAMPAIGNS_SCHEMA = Type.Object(
  { $schema: Type.Optional(Type.String()), campaigns: Type.Array(CampaignSchema) },
  closed,
);

/** An audience and what may be done with it, as declared. */
export type CampaignSpec = Omit<Static<typeof CampaignSchema>, 'actions' | 'channels'> & {
  readonly actions: readonly string[];
  readonly channels: readonly string[];
};

/**
 * Checks the parsed `campaigns.yaml`, its rules aside, and fills in what is left out.
 * @returns the campaigns by id. @throws BeckonError PACK_INVALID in the user's words
 */
export const campaignSpecs = (
  document: unknown,
  actions: readonly ActionSpec[],
  channels: readonly ChannelSpec[],
): readonly CampaignSpec[] => {
  const problem = checkSchema(CAMPAIGNS_SCHEMA, document);
  if (problem !== undefined) throw new BeckonError('PACK_INVALID', `campaigns.yaml: ${problem}`);
  const ids = actions.map(({ actionId }) => actionId);
  const names: string[] = channels.map(({ channel }) => channel);
  const seen = new Set<string>();
  const specs = (document as Static<typeof CAMPAIGNS_SCHEMA>).campaigns.map((campaign) => {
    const { campaignId } = campaign;
    const refuse = (why: string): never => {
      throw new BeckonError('PACK_INVALID', `campaigns.yaml: campaign \`${campaignId}\`: ${why}`);
    };
    if (seen.has(campaignId)) refuse('is declared twice');
    seen.add(campaignId);
    const known = (what: string, asked: readonly string[] | undefined, all: readonly string[]): readonly string[] => {
      for (const name of asked ?? []) {
        if (!all.includes(name)) refuse(`there is no ${what} \`${name}\`${didYouMean(name, all)}`);
      }
      return asked ?? all;
    };
    return {
      ...campaign,
      actions: known('action', campaign.actions, ids),
      channels: known('channel', campaign.channels, names),
    };
  });
  return specs.sort((a, b) => (a.campaignId < b.campaignId ? -1 : 1));
};
