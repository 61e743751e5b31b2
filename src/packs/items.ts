import Type, { type Static } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import type { Item, Items } from '../features/items.ts';

/** Schema of one line of `items.yaml`. */
const ItemSchema = Type.Object(
  {
    sku: Type.String({ minLength: 1 }),
    category: Type.Optional(Type.String({ minLength: 1 })),
    /** Days that one of it lasts. */
    supplyDays: Type.Optional(Type.Number({ minimum: 0, maximum: 36_600 })),
    margin: Type.Optional(Type.Number()),
    /** Something that the business is known for. */
    signature: Type.Optional(Type.Boolean()),
    attributes: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]))),
  },
  { additionalProperties: false },
);

const ItemsSchema = Type.Object(
  { $schema: Type.Optional(Type.String()), items: Type.Array(ItemSchema) },
  { additionalProperties: false },
);

/**
 * Compiles the parsed `items.yaml`: what features may ask of the sku of an event or order line as `item.<name>`.
 * @throws BeckonError PACK_INVALID in the user's words
 */
export const itemsOf = (document: unknown): Items => {
  const problem = checkSchema(ItemsSchema, document);
  if (problem !== undefined) throw new BeckonError('PACK_INVALID', `items.yaml: ${problem}`);
  const items = new Map<string, Item>();
  for (const item of (document as Static<typeof ItemsSchema>).items) {
    const { sku, attributes = {}, ...own } = item;
    if (items.has(sku)) throw new BeckonError('PACK_INVALID', `items.yaml: item \`${sku}\` is declared twice`);
    for (const name of Object.keys(attributes))
      if (name !== 'attributes' && Object.hasOwn(ItemSchema.properties, name))
        throw new BeckonError(
          'PACK_INVALID',
          `items.yaml: item \`${sku}\`: write \`${name}\` beside \`attributes\`, not among them`,
        );
    items.set(sku, { ...attributes, ...own });
  }
  return items;
};
