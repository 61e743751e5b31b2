import Type, { type Static } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { didYouMean } from '../base/suggest.ts';
import { EVENT_TYPES } from '../events/catalogue.ts';
import { CHANNELS } from '../events/channels.ts';
import { DURATION } from '../features/duration.ts';
import { AMOUNT, type ChannelSpec } from './channels.ts';

const closed = { additionalProperties: false } as const;

/** The action that is always there, does nothing and is worth 0. */
export const HOLD_ID = 'hold';

const Computed = Type.Object({ cel: Type.String({ minLength: 1 }) }, closed);
const Text = Type.Union([Type.String(), Computed]);
const Amount = Type.Union([Type.Number(), Computed]);

/** What is needed to send the action; the answer carries it filled in. */
const Content = Type.Object(
  {
    offer: Type.Optional(Text),
    sku: Type.Optional(Text),
    benefit: Type.Optional(Text),
    script: Type.Optional(Text),
    storeId: Type.Optional(Text),
    faceValue: Type.Optional(Amount),
    validityDays: Type.Optional(Amount),
    persona: Type.Optional(Text),
    staffId: Type.Optional(Text),
    format: Type.Optional(Text),
    priceGroup: Type.Optional(Text),
  },
  closed,
);

/** What an answer may say under `params`, with whether it is a number. */
export const CONTENT_IS_NUMBER: Readonly<Record<string, boolean>> = Object.fromEntries(
  Object.keys(Content.properties).map((name) => [name, name === 'faceValue' || name === 'validityDays']),
);

const ActionSchema = Type.Object(
  {
    actionId: Type.String({
      pattern: '^[a-z][a-z0-9_]{0,63}$',
      description: 'a name of small letters, digits and underscores',
    }),
    kind: Type.Union(['sell', 'care', 'relate'].map((kind) => Type.Literal(kind))),
    description: Type.String({ minLength: 1 }),
    issue: Type.Optional(Type.String({ minLength: 1 })),
    group: Type.Optional(Type.String({ minLength: 1 })),
    lever: Type.Optional(Type.Number({ description: 'Percent, added to those of its issue and group' })),
    discount: Type.Optional(Type.Boolean({ description: 'Costs content.faceValue where it is redeemed' })),
    value: AMOUNT,
    outcome: Type.Object({ event: Type.String(), within: DURATION }, closed),
    eligibility: Type.Optional(Type.String({ minLength: 1, description: 'CEL: for whom the action is' })),
    channels: Type.Array(Type.Enum([...CHANNELS]), { minItems: 1 }),
    validFor: Type.Optional(DURATION),
    content: Content,
  },
  closed,
);

const Levers = Type.Record(Type.String(), Type.Number());

/** Schema of `actions.yaml`. */
export const ACTIONS_SCHEMA = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    levers: Type.Optional(Type.Object({ issues: Type.Optional(Levers), groups: Type.Optional(Levers) }, closed)),
    actions: Type.Array(ActionSchema),
  },
  closed,
);

type ActionFile = Static<typeof ACTIONS_SCHEMA>;

/** What we may do, as declared. */
export type ActionSpec = Static<typeof ActionSchema> & {
  readonly lever: number;
  readonly discount: boolean;
  /** 1 + (issue + group + own) / 100 */
  readonly leverFactor: number;
};

/**
 * Checks the parsed `actions.yaml`, its rules aside.
 * @returns the actions by id. @throws BeckonError PACK_INVALID in the user's words
 */
export const actionSpecs = (document: unknown, channels: readonly ChannelSpec[]): readonly ActionSpec[] => {
  const problem = checkSchema(ACTIONS_SCHEMA, document);
  if (problem !== undefined) throw new BeckonError('PACK_INVALID', `actions.yaml: ${problem}`);
  const { levers = {}, actions } = document as ActionFile;
  const declared = channels.map(({ channel }) => channel);
  const seen = new Set<string>([HOLD_ID]);
  const specs = actions.map((action) => {
    const { actionId, issue, group, lever = 0, outcome, discount = false, content } = action;
    const refuse = (why: string): never => {
      throw new BeckonError('PACK_INVALID', `actions.yaml: action \`${actionId}\`: ${why}`);
    };
    if (actionId === HOLD_ID) refuse('it is always there, and not declared');
    if (seen.has(actionId)) refuse('is declared twice');
    seen.add(actionId);
    if (!(EVENT_TYPES as readonly string[]).includes(outcome.event))
      refuse(`unknown event \`${outcome.event}\`${didYouMean(outcome.event, EVENT_TYPES)}`);
    for (const channel of action.channels)
      if (!declared.includes(channel))
        refuse(`channels.yaml has no channel \`${channel}\`${didYouMean(channel, declared)}`);
    if (discount && content.faceValue === undefined) refuse('a discount needs `content.faceValue`');
    const leverOf = (what: 'issue' | 'group', name: string | undefined, of: Record<string, number> = {}): number => {
      if (name === undefined) return 0;
      if (!Object.hasOwn(of, name))
        refuse(`\`levers.${what}s\` has no \`${name}\`${didYouMean(name, Object.keys(of))}`);
      return of[name];
    };
    const percent = leverOf('issue', issue, levers.issues) + leverOf('group', group, levers.groups) + lever;
    if (percent < -100) refuse(`its levers add up to ${percent} %: at least -100 are needed`);
    return { ...action, lever, discount, leverFactor: 1 + percent / 100 };
  });
  return specs.sort((a, b) => (a.actionId < b.actionId ? -1 : 1));
};
