import Type, { type Static } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { CHANNELS } from '../events/channels.ts';

const closed = { additionalProperties: false } as const;

/** What is worked out for each customer: CEL over features and outputs of heads, or the same number for everybody. */
export const AMOUNT = Type.Union([Type.String({ minLength: 1 }), Type.Number()]);

const ChannelSchema = Type.Object(
  {
    channel: Type.Enum([...CHANNELS]),
    description: Type.Optional(Type.String()),
    cost: Type.Number({ minimum: 0, description: 'Money for one contact' }),
    secondCost: Type.Optional(Type.Number({ minimum: 0, description: 'Money for a second of conversation' })),
    fatigue: Type.Optional(
      Type.Object(
        { price: Type.Number({ minimum: 0, description: 'Money for one touch of load' }), load: AMOUNT },
        closed,
      ),
    ),
    address: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9_-]{0,31}$',
        description: 'the scheme of an alias, such as phone',
      }),
    ),
    reach: Type.Optional(Type.String({ minLength: 1, description: 'CEL: who can be reached at all' })),
    consent: Type.Optional(
      Type.String({ minLength: 1, description: 'A feature that is 1 where the customer consented' }),
    ),
    hours: Type.Optional(
      Type.String({ minLength: 1, description: "A feature of the kind hours: when the customer's own hours are" }),
    ),
  },
  closed,
);

/** Schema of `channels.yaml`. */
export const CHANNELS_SCHEMA = Type.Object(
  { $schema: Type.Optional(Type.String()), channels: Type.Array(ChannelSchema) },
  closed,
);

/** A way to reach someone as declared: what it costs, whom it reaches, at which address. */
export type ChannelSpec = Static<typeof ChannelSchema>;

/** Checks the parsed `channels.yaml`, its rules aside. @returns the channels by name. @throws BeckonError PACK_INVALID */
export const channelSpecs = (document: unknown): readonly ChannelSpec[] => {
  const problem = checkSchema(CHANNELS_SCHEMA, document);
  if (problem !== undefined) throw new BeckonError('PACK_INVALID', `channels.yaml: ${problem}`);
  const { channels } = document as Static<typeof CHANNELS_SCHEMA>;
  for (const [i, { channel }] of channels.entries())
    if (channels.findIndex((other) => other.channel === channel) < i)
      throw new BeckonError('PACK_INVALID', `channels.yaml: channel \`${channel}\` is declared twice`);
  return [...channels].sort((a, b) => (a.channel < b.channel ? -1 : 1));
};
