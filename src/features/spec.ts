import Type, { type TSchema } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { didYouMean } from '../base/suggest.ts';
import { groupKeyProblem } from './group-key.ts';
import type { FeatureSpec, Kind } from './kind.ts';
import { action } from './kinds/action.ts';
import { activeDays } from './kinds/active-days.ts';
import { affinity } from './kinds/affinity.ts';
import { anniversary } from './kinds/anniversary.ts';
import { attribute } from './kinds/attribute.ts';
import { channel } from './kinds/channel.ts';
import { consent } from './kinds/consent.ts';
import { contacts } from './kinds/contacts.ts';
import { count } from './kinds/count.ts';
import { decayed } from './kinds/decayed.ts';
import { derived } from './kinds/derived.ts';
import { distinct } from './kinds/distinct.ts';
import { max, min } from './kinds/extreme.ts';
import { flag } from './kinds/flag.ts';
import { gap } from './kinds/gap.ts';
import { hours } from './kinds/hours.ts';
import { first, last } from './kinds/moment.ts';
import { priceSensitivity } from './kinds/price-sensitivity.ts';
import { rate } from './kinds/rate.ts';
import { rhythm } from './kinds/rhythm.ts';
import { runOut } from './kinds/run-out.ts';
import { sum } from './kinds/sum.ts';
import { tags } from './kinds/tags.ts';
import { until } from './kinds/until.ts';
import { window } from './kinds/window.ts';
import { fieldProblem, SELECTION_FIELDS, selectorProblem } from './selector.ts';

/** Every kind of feature. A new kind is a file under `kinds/` and a word here. */
export const KINDS: readonly Kind[] = [
  count,
  sum,
  min,
  max,
  first,
  last,
  until,
  decayed,
  window,
  activeDays,
  gap,
  rhythm,
  hours,
  rate,
  priceSensitivity,
  runOut,
  affinity,
  distinct,
  channel,
  action,
  contacts,
  attribute,
  tags,
  anniversary,
  flag,
  consent,
  derived,
];

const kinds = new Map(KINDS.map((kind) => [kind.name, kind]));

const BASE = {
  name: Type.String({ pattern: '^[a-z][A-Za-z0-9]{0,63}$', description: 'a camelCase name of letters and digits' }),
  kind: Type.String(),
  unit: Type.String({ minLength: 1 }),
  default: Type.Optional(Type.Number()),
  description: Type.String({ minLength: 1 }),
  serves: Type.Optional(Type.String()),
};

/** The schema of one feature of a kind: editors complete from it, and {@link featureSpecs} checks with it. */
const featureSchema = (kind: Kind): TSchema =>
  Type.Object(
    { ...BASE, ...(kind.selects ? SELECTION_FIELDS : {}), ...kind.schema.properties, kind: Type.Literal(kind.name) },
    { additionalProperties: false },
  );

const schemas = new Map(KINDS.map((kind) => [kind.name, featureSchema(kind)]));

const fileSchema = (feature: TSchema): TSchema =>
  Type.Object(
    { $schema: Type.Optional(Type.String()), features: Type.Array(feature, { minItems: 1 }) },
    { additionalProperties: false },
  );

/** Schema of `features.yaml`. */
export const FEATURES_SCHEMA: TSchema = fileSchema(Type.Union([...schemas.values()]));

/** The file around its features, each of which is checked by itself: an error within a union says too little. */
const FILE_SCHEMA = fileSchema(Type.Unknown());

export const kindOf = (spec: FeatureSpec): Kind => kinds.get(spec.kind) as Kind;

/**
 * Checks the parsed `features.yaml`.
 * @throws BeckonError PACK_INVALID in the user's words, naming the feature
 */
export const featureSpecs = (document: unknown): readonly FeatureSpec[] => {
  const problem = checkSchema(FILE_SCHEMA, document);
  if (problem !== undefined) throw invalid(`features.yaml: ${problem}`);
  const list = (document as { features: unknown[] }).features;
  const names = new Set<string>();
  for (const [index, item] of list.entries()) {
    const spec = item as FeatureSpec;
    const where = typeof spec?.name === 'string' ? `feature \`${spec.name}\`` : `feature ${index + 1}`;
    const wrong = problemOf(spec);
    if (wrong !== undefined) throw invalid(`${where}: ${wrong}`);
    if (names.has(spec.name)) throw invalid(`${where} is declared twice`);
    names.add(spec.name);
  }
  return list as FeatureSpec[];
};

const invalid = (message: string): BeckonError => new BeckonError('PACK_INVALID', message);

const problemOf = (spec: FeatureSpec): string | undefined => {
  if (typeof spec !== 'object' || spec === null) return 'must be an object';
  if (spec.kind === undefined) return '`kind` is missing';
  const kind = kinds.get(spec.kind);
  if (kind === undefined) {
    return `unknown kind \`${spec.kind}\`${didYouMean(String(spec.kind), [...kinds.keys()])}`;
  }
  return (
    checkSchema(schemas.get(kind.name) as TSchema, spec)?.replace('the document ', '') ??
    (kind.selects ? selectorProblem(spec, true) : undefined) ??
    kind.problem?.(spec) ??
    (spec.by === undefined ? undefined : groupKeyProblem([spec.by].flat())) ??
    (spec.field === undefined ? undefined : fieldProblem(spec, spec.field, [spec.by].flat().includes('sku'), true))
  );
};
