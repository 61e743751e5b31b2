import fastJson from 'fast-json-stringify';
import Type, { type TSchema } from 'typebox';
import type { Decision } from '../../decisions/decision.ts';

const Time = Type.String({ format: 'date-time' });
const Candidate = {
  actionId: Type.String(),
  expectedValue: Type.Number({ description: 'Net of cost, in money of the pack' }),
  hold: Type.Boolean({ description: 'True where the advice is to do nothing' }),
};

/** Schema of a decision, with the segments, heads and outputs that the pack has. */
export const decisionSchema = (names: {
  segments: readonly string[];
  heads: readonly string[];
  outputs: readonly string[];
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
    decision: Type.Object({ ...Candidate, selectionProbability: Type.Number() }),
    ranked: Type.Array(Type.Object(Candidate)),
    channels: Type.Array(Type.Object({})),
    segments: Type.Object(optional(names.segments, Type.String())),
    suppressed: Type.Array(Type.Object({})),
    models: Type.Object(optional(names.heads, Type.String({ description: 'name@version' }))),
    scores: Type.Object(optional(names.outputs, Type.Number())),
    reasons: Type.Array(Type.Object({})),
    degraded: Type.Optional(Type.Boolean({ description: 'A head failed; the answer does without it' })),
  });

const optional = (names: readonly string[], schema: TSchema) =>
  Object.fromEntries(names.map((name) => [name, Type.Optional(schema)]));

/** The decision as JSON text: routes and the worker pool write the same bytes. */
export const decisionStringifier = (schema: TSchema): ((decision: Decision) => string) =>
  fastJson(schema as Parameters<typeof fastJson>[0]);
