import Type, { type Static, type TObject, type TSchema } from 'typebox';
import { CHANNELS } from '../../events/channels.ts';

const closed = { additionalProperties: false } as const;
const text = Type.String({ minLength: 1 });
const Scalar = Type.Unsafe<string | number | boolean | null>({ type: ['string', 'number', 'boolean', 'null'] });
const OFFSET = Type.String({
  pattern: '^(Z|[+-](0\\d|1[0-4]):[0-5]\\d)$',
  description: 'Z or an offset such as "+08:00"',
});

export const COLUMN_SCHEMA = Type.Object(
  {
    column: text,
    values: Type.Optional(
      Type.Record(Type.String(), Scalar, { description: 'what stands in the cell → what it means' }),
    ),
    otherwise: Type.Optional(Scalar),
    default: Type.Optional(Scalar),
    type: Type.Optional(Type.Enum(['text', 'number', 'boolean', 'time', 'date', 'list'])),
    format: Type.Optional(text),
    zone: Type.Optional(OFFSET),
    separator: Type.Optional(text),
    sum: Type.Optional(Type.Boolean()),
  },
  closed,
);
export const CONSTANT_SCHEMA = Type.Object({ constant: Scalar }, closed);

/** Where a value comes from: a column by its name alone, a column with what its cells mean, or the same for every row. */
export const FIELD_SCHEMA = Type.Union([text, COLUMN_SCHEMA, CONSTANT_SCHEMA]);
const Field = FIELD_SCHEMA;

export type FieldSpec = Static<typeof Field>;
export type ColumnSpec = Static<typeof COLUMN_SCHEMA>;

const fields = <const R extends string, const O extends string>(required: readonly R[], optional: readonly O[]) =>
  Type.Object(
    {
      ...(Object.fromEntries(required.map((name) => [name, Field])) as Record<R, typeof Field>),
      ...(Object.fromEntries(optional.map((name) => [name, Type.Optional(Field)])) as Record<
        O,
        ReturnType<typeof Type.Optional<typeof Field>>
      >),
    },
    closed,
  );

const SCHEME = Type.String({
  pattern: '^[a-z][a-z0-9_]{0,31}$',
  description: 'small letters, digits and _',
});

const COMMON = {
  $schema: Type.Optional(Type.String()),
  source: Type.Optional(text),
  subject: Type.Union([text, Type.Object({ column: text, scheme: Type.Optional(SCHEME) }, closed)]),
  id: Type.Optional(Type.Array(text, { minItems: 1 })),
  aliases: Type.Optional(Type.Record(SCHEME, Field)),
  skip: Type.Optional(Type.Record(text, Type.Array(Type.String(), { minItems: 1 }))),
  delimiter: Type.Optional(Type.String({ minLength: 1, maxLength: 1 })),
  encoding: Type.Optional(text),
  decimal: Type.Optional(Type.Enum(['.', ','])),
  thousands: Type.Optional(Type.Enum(['.', ',', ' ', "'"])),
  zone: Type.Optional(OFFSET),
  empty: Type.Optional(Type.Array(Type.String())),
};

const OPTIONAL_TIME = { time: Type.Optional(Field) };

const channelFields = Type.Object(
  Object.fromEntries([...CHANNELS, '*'].map((channel) => [channel, Type.Optional(Field)])),
  { ...closed, minProperties: 1 },
);

/** The schema of a map, by the kind of rows that it names. */
export const MAP_SCHEMAS = {
  orders: Type.Object(
    {
      rows: Type.Literal('orders'),
      ...COMMON,
      time: Field,
      fields: fields(
        ['orderId'],
        ['amount', 'discount', 'couponId', 'storeId', 'surface', 'decisionId', 'campaignId', 'staffId'],
      ),
      lines: Type.Optional(fields(['sku', 'quantity'], ['price', 'category', 'supplyDays'])),
      refund: Type.Optional(
        Type.Union([
          Type.Literal('negative'),
          Type.Object({ column: text, is: Type.Array(Type.String(), { minItems: 1 }) }, closed),
        ]),
      ),
    },
    closed,
  ),
  profiles: Type.Object(
    {
      rows: Type.Literal('profiles'),
      ...COMMON,
      ...OPTIONAL_TIME,
      fields: Type.Record(Type.String({ minLength: 1 }), Field, { minProperties: 1 }),
    },
    closed,
  ),
  consents: Type.Object(
    {
      rows: Type.Literal('consents'),
      ...COMMON,
      ...OPTIONAL_TIME,
      channels: Type.Optional(channelFields),
      fields: Type.Optional(fields([], ['channel', 'granted', 'purpose', 'proof', 'expiresAt'])),
    },
    closed,
  ),
  tags: Type.Object(
    { rows: Type.Literal('tags'), ...COMMON, ...OPTIONAL_TIME, fields: fields([], ['add', 'remove']) },
    closed,
  ),
  lists: Type.Object(
    { rows: Type.Literal('lists'), ...COMMON, ...OPTIONAL_TIME, fields: fields(['list'], ['member', 'until']) },
    closed,
  ),
  aliases: Type.Object({ rows: Type.Literal('aliases'), ...COMMON, ...OPTIONAL_TIME }, closed),
} as const;

export type RowKind = keyof typeof MAP_SCHEMAS;
export const ROW_KINDS = Object.keys(MAP_SCHEMAS) as RowKind[];

export type MapOf<K extends RowKind> = Static<(typeof MAP_SCHEMAS)[K]>;
export type ImportMap = { [K in RowKind]: MapOf<K> }[RowKind];

/** Schema of a map file, for editors. */
export const IMPORT_MAP_SCHEMA: TSchema = Type.Union(Object.values<TObject>(MAP_SCHEMAS));
