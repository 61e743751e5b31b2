import Type, { type TSchema } from 'typebox';
import { CONTENT_IS_NUMBER } from '../../packs/actions.ts';

const Time = Type.String({ format: 'date-time' });
const Money = (description: string) => Type.Number({ description: `${description}, in money of the pack` });
const Probability = (description: string) => Type.Number({ description });

const Terms = Type.Object({
  reach: Probability('P(reached) over the channel at that time'),
  respond: Probability('The response that the contact causes: P(outcome | contacted) - P(outcome | not)'),
  value: Money('Worth of the outcome'),
  discount: Money('Expected cost of the discount'),
  lever: Type.Number({ description: 'Weight by the business: 1 + (issue + group + action) / 100' }),
  cost: Money('Cost of the contact'),
  fatigue: Money('Price of wearing on the customer'),
  budget: Money('Price of scarce resources'),
});

const Candidate = Type.Object(
  {
    actionId: Type.String(),
    channel: Type.Optional(Type.String()),
    sendAt: Type.Optional(Time),
    expectedValue: Money('reach × (respond × value - discount) × lever - cost - fatigue - budget'),
    hold: Type.Optional(Type.Boolean({ description: 'True for the candidate of doing nothing, worth 0' })),
    terms: Type.Optional(Terms),
  },
  {
    examples: [
      {
        actionId: 'second_order_coupon',
        channel: 'wecom',
        sendAt: '2026-01-31T11:00:00.000Z',
        expectedValue: 2.9445,
        terms: {
          reach: 0.61,
          respond: 0.11,
          value: 60,
          discount: 1.2,
          lever: 1,
          cost: 0.05,
          fatigue: 0.2995,
          budget: 0,
        },
      },
    ],
  },
);

const Advice = Type.Object({
  actionId: Type.String(),
  channel: Type.Optional(Type.String()),
  sendAt: Type.Optional(Time),
  expiresAt: Type.Optional(Time),
  expectedValue: Money('Of the candidate'),
  selectionProbability: Type.Number(),
  hold: Type.Boolean({ description: 'True where the advice is to do nothing' }),
  campaignId: Type.Optional(Type.String()),
  address: Type.Optional(Type.String({ description: 'The alias to use' })),
  params: Type.Optional(
    Type.Object(
      Object.fromEntries(
        Object.entries(CONTENT_IS_NUMBER).map(([name, isNumber]) => [
          name,
          Type.Optional(isNumber ? Type.Number() : Type.String()),
        ]),
      ),
      { description: "The action's content, filled in" },
    ),
  ),
});

const Channel = Type.Object({
  channel: Type.String(),
  propensity: Type.Optional(Probability("P(reached) at the channel's best hour")),
  allowed: Type.Boolean(),
  rule: Type.Optional(Type.String({ description: 'Why not, such as reach.sms or consent.sms' })),
});

const Call = Type.Object({
  propensity: Probability('P(answered and converted)'),
  answer: Probability('P(answered) at the best hour'),
  convert: Probability('P(converted | answered)'),
  expectedValue: Money('Net of cost, at the best hour'),
  bestHour: Type.Integer({ description: 'Hour of the business' }),
  callNow: Type.Boolean({ description: 'The best hour is now, a call may be placed, and is worth it' }),
});

const Suppression = Type.Object({ actionId: Type.String(), channel: Type.String(), rule: Type.String() });

/** Schema of a decision, with the segments, heads and scores that the pack has. */
export const decisionSchema = (names: {
  segments: readonly string[];
  heads: readonly string[];
  scores: readonly string[];
}) =>
  Type.Object({
    decisionId: Type.String(),
    customerId: Type.String(),
    known: Type.Boolean({ description: 'False where no event has named the customer: scored from defaults' }),
    at: Time,
    asOf: Type.Object({
      offset: Type.Integer({ description: "Log offset of the customer's last event" }),
      lagMs: Type.Integer({ description: 'How far the state is behind the log' }),
    }),
    decision: Advice,
    ranked: Type.Array(Candidate),
    channels: Type.Array(Channel),
    call: Type.Optional(Call),
    segments: Type.Object(optional(names.segments, Type.String())),
    suppressed: Type.Array(Suppression),
    models: Type.Object(optional(names.heads, Type.String({ description: 'name@version' }))),
    scores: Type.Object(optional(names.scores, Type.Number())),
    reasons: Type.Array(Type.Object({})),
    degraded: Type.Optional(Type.Boolean({ description: 'A head failed; the answer does without it' })),
  });

const optional = (names: readonly string[], schema: TSchema) =>
  Object.fromEntries(names.map((name) => [name, Type.Optional(schema)]));
