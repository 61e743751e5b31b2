import Type, { type Static } from 'typebox';
import { checkSchema } from '../base/schema-check.ts';

const FORMAT_VERSION = 1;

const name = Type.String({ minLength: 1, maxLength: 128 });
const strict = { additionalProperties: false } as const;

const Feature = Type.Object(
  {
    name,
    /** Value of a customer of whom nothing is known. */
    default: Type.Number(),
    /** Smallest and largest value in training. */
    min: Type.Number(),
    max: Type.Number(),
  },
  strict,
);

/** An input that belongs to the moment, not to the customer: hour, weekend, campaign. */
const Context = Type.Object(
  { name, default: Type.Number(), min: Type.Optional(Type.Number()), max: Type.Optional(Type.Number()) },
  strict,
);

const Thresholds = Type.Object({ high: Type.Number(), medium: Type.Number() }, strict);

const HOURS_OF_DAY = 24;
const Terms = Type.Array(Type.Number(), { minItems: HOURS_OF_DAY, maxItems: HOURS_OF_DAY });

/** What the hour adds to the log-odds of a probability, outside the model: 48 hours cost no run. */
const Hours = Type.Object(
  {
    /** By hour of the business, 0 where the column says it as it stands. */
    terms: Terms,
    /** On Saturday and Sunday, where they differ. */
    weekendTerms: Type.Optional(Terms),
    /** Weight of the customer's own hours, 1 where it is left out. */
    own: Type.Optional(Type.Number()),
  },
  strict,
);

const Column = Type.Object(
  {
    name,
    /** The head that it answers for, where that is not the bundle's: one model may stand behind several heads. */
    of: Type.Optional(name),
    hours: Type.Optional(Hours),
    /** Of a channel's reach: how much more than `respond` those respond who are reached over it; 1 where it is left out. */
    pull: Type.Optional(Type.Number({ minimum: 0 })),
    means: Type.String({ minLength: 1 }),
    /** `propensity`: a calibrated probability from 0 to 1. `score`: any other number. */
    kind: Type.Union([Type.Literal('propensity'), Type.Literal('score')]),
    /** At least `high` is high, else at least `medium` is medium, else low. */
    thresholds: Type.Optional(Thresholds),
  },
  strict,
);

const ManifestSchema = Type.Object(
  {
    formatVersion: Type.Literal(FORMAT_VERSION),
    name,
    version: name,
    head: name,
    pack: name,
    /** Of model.onnx, as lower-case hex. */
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** Of the default ONNX domain. */
    opset: Type.Integer({ minimum: 1 }),
    /** One float32 tensor `[N, features.length + context.length]`: the features in order, then the context in order. */
    input: Type.Object({ name, features: Type.Array(Feature, { minItems: 1 }) }, strict),
    context: Type.Array(Context),
    /** One float32 tensor `[N, columns.length]`. */
    output: Type.Object({ name, columns: Type.Array(Column, { minItems: 1 }) }, strict),
    calibration: Type.Record(Type.String(), Type.Unknown()),
    training: Type.Object({
      data: Type.String(),
      from: Type.String(),
      until: Type.String(),
      /** In all, or by output column where each was trained on its own. */
      rows: Type.Union([Type.Integer({ minimum: 0 }), Type.Record(Type.String(), Type.Integer({ minimum: 0 }))]),
    }),
    metrics: Type.Record(Type.String(), Type.Unknown()),
  },
  strict,
);

export type Manifest = Static<typeof ManifestSchema>;
export type ManifestColumn = Static<typeof Column>;

/** Numbers of inputs and outputs of one row. */
export const inputWidth = (manifest: Manifest): number => manifest.input.features.length + manifest.context.length;
export const outputWidth = (manifest: Manifest): number => manifest.output.columns.length;

/** Inputs with the outputs that training saw for them, so that a model which computes something else is found at load. */
const GoldenSchema = Type.Object(
  {
    /** Largest absolute difference; a wider one than the maximum would prove nothing. */
    tolerance: Type.Number({ minimum: 0, maximum: 1e-3 }),
    rows: Type.Array(Type.Array(Type.Number()), { minItems: 20, maxItems: 100 }),
    expected: Type.Array(Type.Array(Type.Number()), { minItems: 20, maxItems: 100 }),
  },
  strict,
);

export type Golden = Static<typeof GoldenSchema>;

/**
 * @param parsed content of manifest.json
 * @returns what is wrong with it, or undefined where it is a {@link Manifest}.
 */
export const manifestProblem = (parsed: unknown): string | undefined => {
  const formatVersion = (parsed as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof formatVersion === 'number' && formatVersion !== FORMAT_VERSION) {
    return `formatVersion ${formatVersion} is unknown; this version of Beckon reads ${FORMAT_VERSION}`;
  }
  const problem = checkSchema(ManifestSchema, parsed);
  if (problem !== undefined) return problem;
  const manifest = parsed as Manifest;
  const inputs = [...manifest.input.features, ...manifest.context];
  const twice = firstTwice(inputs.map((input) => input.name));
  if (twice !== undefined) return `the input "${twice}" is named twice`;
  const columnTwice = firstTwice(manifest.output.columns.map((column) => column.name));
  if (columnTwice !== undefined) return `the output column "${columnTwice}" is named twice`;
  for (const { name, min, max } of inputs) {
    if (min !== undefined && max !== undefined && min > max)
      return `the input "${name}" has min ${min} above max ${max}`;
  }
  for (const { name, thresholds } of manifest.output.columns) {
    if (thresholds !== undefined && thresholds.medium > thresholds.high) {
      return `the output column "${name}" has its threshold "medium" above "high"`;
    }
  }
  return undefined;
};

/** @returns what is wrong with the content of golden.json, or undefined where it is a {@link Golden} of that manifest. */
export const goldenProblem = (parsed: unknown, manifest: Manifest): string | undefined => {
  const problem = checkSchema(GoldenSchema, parsed);
  if (problem !== undefined) return problem;
  const { rows, expected } = parsed as Golden;
  if (rows.length !== expected.length) return `${rows.length} rows but ${expected.length} expected rows`;
  const wrongRow = rows.findIndex((row) => row.length !== inputWidth(manifest));
  if (wrongRow >= 0) {
    return `rows[${wrongRow}] has ${rows[wrongRow].length} numbers; the manifest names ${inputWidth(manifest)} inputs`;
  }
  const wrong = expected.findIndex((row) => row.length !== outputWidth(manifest));
  if (wrong >= 0) {
    return `expected[${wrong}] has ${expected[wrong].length} numbers; the manifest names ${outputWidth(manifest)} output columns`;
  }
  return undefined;
};

const firstTwice = (names: readonly string[]): string | undefined =>
  names.find((name, index) => names.indexOf(name) !== index);
