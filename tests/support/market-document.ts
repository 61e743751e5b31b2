import { MARKETS } from '../../src/simulation/market.ts';
import { ActionSchema, MarketSchema } from '../../src/simulation/market-schema.ts';

type Json = Record<string, unknown>;

/** The schema of a market file, for editors: a whole market, or the changes to one of ours that it extends. */
export const marketSchema = (): string => {
  // A dozen actions have one form: it is written once.
  const action = JSON.stringify(ActionSchema);
  const whole = JSON.parse(
    JSON.stringify(MarketSchema, (_, value: unknown) =>
      JSON.stringify(value) === action ? { $ref: '#/definitions/action' } : value,
    ),
  ) as { properties: Json };
  const own = {
    $schema: { type: 'string' },
    extends: { enum: [...MARKETS], description: 'what is not said is as there' },
  };
  const market = { ...whole, properties: { ...own, ...whole.properties } };
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'a market for beckon simulate',
    if: { required: ['extends'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { $ref: '#/definitions/changes' },
    else: { $ref: '#/definitions/market' },
    definitions: {
      market,
      changes: withoutRequired(market),
      action: JSON.parse(action),
      actionChange: withoutRequired(JSON.parse(action)),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
};

/** Objects of a change say only what is different; what a list holds is said whole. */
const withoutRequired = (schema: object): unknown =>
  JSON.parse(
    JSON.stringify(schema).replaceAll('#/definitions/action"', '#/definitions/actionChange"'),
    (key, value: Json) => {
      if (key === 'items' || value?.required === undefined) return value;
      const { required: _, ...rest } = value;
      return rest;
    },
  );
