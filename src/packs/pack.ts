import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { parseYaml } from '../base/yaml.ts';
import type { Items } from '../features/items.ts';
import { compilePlan, type FeaturePlan } from '../features/plan.ts';
import { featureSpecs } from '../features/spec.ts';
import { itemsOf } from './items.ts';
import { compileLabels, compileMoment, type Label, type MomentRule } from './labels.ts';

/** Schema of `pack.yaml`. */
const PackSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z][a-z0-9-]{0,63}$',
      description: 'a name of small letters, digits and hyphens',
    }),
    version: Type.String({ minLength: 1 }),
    description: Type.Optional(Type.String()),
    currency: Type.Object(
      {
        code: Type.String({ pattern: '^[A-Z]{3}$', description: 'three capital letters' }),
        minorDigits: Type.Integer({ minimum: 0, maximum: 4 }),
      },
      { additionalProperties: false },
    ),
    utcOffset: Type.String({ pattern: '^[+-](0\\d|1[0-4]):[0-5]\\d$', description: 'an offset such as "+08:00"' }),
  },
  { additionalProperties: false },
);

type PackFile = Static<typeof PackSchema>;

/** One business as declared: its features compiled, its labels, and what its segments say. */
export interface Pack {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly currency: PackFile['currency'];
  readonly utcOffset: string;
  readonly plan: FeaturePlan;
  /** What `items.yaml` says of each sku. */
  readonly items: Items;
  readonly featureNames: readonly string[];
  readonly labels: readonly Label[];
  /** Where `beckon export` takes its moments when it is given none. */
  readonly moment: MomentRule | undefined;
  /** The parsed `segments.yaml`; compiled with the outputs of the heads. */
  readonly segments: unknown;
}

/**
 * Reads a pack folder: `pack.yaml`, `features.yaml`, and where present `items.yaml`, `labels.yaml` and
 * `segments.yaml`.
 * @throws BeckonError PACK_INVALID in the user's words
 */
export const loadPack = (folder: string): Pack => {
  const file = readYaml(folder, 'pack.yaml') as PackFile;
  const problem = checkSchema(PackSchema, file);
  if (problem !== undefined) throw new BeckonError('PACK_INVALID', `pack.yaml: ${problem}`);
  const labels = readOptional(folder, 'labels.yaml') ?? { labels: [] };
  const specs = featureSpecs(readYaml(folder, 'features.yaml'));
  const items = itemsOf(readOptional(folder, 'items.yaml') ?? { items: [] });
  const plan = compilePlan(specs, {
    minorDigits: file.currency.minorDigits,
    zoneOffsetSec: offsetSec(file.utcOffset),
    items,
  });
  return {
    name: file.name,
    version: file.version,
    folder,
    currency: file.currency,
    utcOffset: file.utcOffset,
    plan,
    items,
    featureNames: specs.map((spec) => spec.name),
    labels: compileLabels(labels),
    moment: compileMoment(labels),
    segments: readOptional(folder, 'segments.yaml') ?? { segments: {} },
  };
};

const readOptional = (folder: string, name: string): unknown =>
  existsSync(join(folder, name)) ? readYaml(folder, name) : undefined;

const readYaml = (folder: string, name: string): unknown => {
  const path = join(folder, name);
  if (!existsSync(path)) throw new BeckonError('PACK_INVALID', `${path} is missing`);
  try {
    return parseYaml(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new BeckonError('PACK_INVALID', `${name}: ${(error as Error).message}`, { cause: error });
  }
};

const offsetSec = (offset: string): number => {
  const [hours, minutes] = offset.slice(1).split(':').map(Number);
  return (offset.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
};
