import type { Feature } from '../features/plan.ts';
import type { Pack } from './pack.ts';

/** What one pack has and the other has not, by name, or has in another way. */
export interface PackDiff {
  /** Of `pack.yaml`: those that change every number, such as `utcOffset`. */
  readonly settings: readonly Change[];
  readonly features: readonly FeatureChange[];
  /** Features that mean the same in both. */
  readonly featuresSame: number;
  readonly rowBytes: readonly [before: number, after: number];
  readonly items: readonly Change[];
  readonly labels: readonly Change[];
  readonly segments: readonly Change[];
  readonly actions: readonly Change[];
  readonly channels: readonly Change[];
  readonly campaigns: readonly Change[];
  readonly triggers: readonly Change[];
}

export interface Change {
  readonly name: string;
  readonly how: 'added' | 'removed' | 'changed';
  /** What is told of it, such as `halfLife 10d → 20d`; may be empty. */
  readonly told: string;
}

export interface FeatureChange extends Change {
  /** Words of a row that come (or go, below 0) with it; those that it shares with an earlier change are told there. */
  readonly words: number;
}

const WORD_BYTES = 4;

/** Say nothing about what a feature counts. */
const WORDING: readonly string[] = ['name', 'description', 'serves'];

/** @returns what the state, the labels and the segments would be if `after` took the place of `before` */
export const packDiff = (before: Pack, after: Pack): PackDiff => {
  const features = featureChanges(before, after);
  const names = new Set(before.featureNames);
  const told = new Set(features.map(({ name }) => name));
  return {
    settings: settingChanges(before, after),
    features,
    featuresSame: after.featureNames.filter((name) => names.has(name) && !told.has(name)).length,
    rowBytes: [before.plan.rowWords * WORD_BYTES, after.plan.rowWords * WORD_BYTES],
    items: changes(before.items, after.items),
    labels: changes(labelsOf(before), labelsOf(after)),
    segments: changes(segmentsOf(before), segmentsOf(after)),
    actions: changes(byId(before.actions, 'actionId'), byId(after.actions, 'actionId')),
    channels: changes(byId(before.channels, 'channel'), byId(after.channels, 'channel')),
    campaigns: changes(byId(before.campaigns, 'campaignId'), byId(after.campaigns, 'campaignId')),
    triggers: changes(byId(before.triggers, 'name'), byId(after.triggers, 'name')),
  };
};

/**
 * Whether the same log gives the same words under both packs, so that nothing has to be folded anew. It may say no where
 * it would: two features in another order, or another default.
 */
export const foldsAlike = (before: Pack, after: Pack): boolean => foldOf(before) === foldOf(after);

/** All of a pack that the state depends on, as one text. */
export const foldOf = ({ currency, utcOffset, plan, items, triggers }: Pack): string => {
  const features = plan.features.map((feature) => ({ name: feature.spec.name, ...meaning(feature) }));
  const facts = [...items].map(([sku, item]) => [
    sku,
    Object.entries(item).filter(([name]) => plan.askedOfItems.has(name)),
  ]);
  const told = facts.filter(([, own]) => own.length > 0).map(([sku, own]) => [sku, Object.fromEntries(own as never)]);
  return canonical([
    currency.minorDigits,
    utcOffset,
    features,
    Object.fromEntries(told),
    triggers.map(({ name }) => name),
    // Rules find an item by its place.
    ...(plan.askedByRules.size === 0 ? [] : [[[...items.keys()], [...plan.askedByRules].sort()]]),
  ]);
};

const settingChanges = (before: Pack, after: Pack): Change[] => {
  const settings = ({ name, currency, utcOffset }: Pack) => ({
    name,
    currency: currency.code,
    minorDigits: currency.minorDigits,
    utcOffset,
  });
  return differences(settings(before), settings(after)).map(([name, told]) => ({ name, how: 'changed', told }));
};

const featureChanges = (before: Pack, after: Pack): FeatureChange[] => {
  const old = byName(before);
  const fresh = byName(after);
  const changed = new Set<string>();
  const list: Change[] = [];
  for (const feature of after.plan.features) {
    const { name, kind } = feature.spec;
    const was = old.get(name);
    if (was === undefined) {
      list.push({ name, how: 'added', told: kind });
      continue;
    }
    const told = differences(meaning(was), meaning(feature)).map(([field, how]) => `${field} ${how}`);
    // A derived feature means something else when one that it is made from does; those are declared before it.
    for (const other of operands(feature.spec))
      if (changed.has(other)) told.push(`made from \`${other}\`, which changes`);
    if (told.length === 0) continue;
    changed.add(name);
    list.push({ name, how: 'changed', told: told.join(', ') });
  }
  for (const { spec } of before.plan.features)
    if (!fresh.has(spec.name)) list.push({ name: spec.name, how: 'removed', told: spec.kind });
  const words = wordsByFeature(before, after, new Set(list.map(({ name }) => name)));
  return list.map((change) => ({ ...change, words: words.get(change.name) ?? 0 }));
};

const byName = ({ plan }: Pack): Map<string, Feature> =>
  new Map(plan.features.map((feature) => [feature.spec.name, feature]));

/** Names of the features that a derived one is made from. */
const operands = (spec: object): readonly string[] =>
  'of' in spec && Array.isArray(spec.of) ? spec.of.filter((one) => typeof one === 'string') : [];

/** What each cell takes more or less, told with the first changed feature that reads it. */
const wordsByFeature = (before: Pack, after: Pack, changed: ReadonlySet<string>): Map<string, number> => {
  const more = new Map(after.plan.cells.map(({ key, words }) => [key, words]));
  for (const { key, words } of before.plan.cells) more.set(key, (more.get(key) ?? 0) - words);
  const result = new Map<string, number>();
  for (const { spec, cells } of [...after.plan.features, ...before.plan.features])
    if (changed.has(spec.name))
      for (const key of cells) {
        result.set(spec.name, (result.get(spec.name) ?? 0) + (more.get(key) ?? 0));
        more.delete(key);
      }
  return result;
};

/** A feature as written, without its wording; `event: a` and `events: [a]` are the same, and so are the orders of lists. */
const meaning = ({ spec }: Feature): Record<string, unknown> => {
  const { event, events, ...rest } = spec;
  const fields = Object.entries(rest).filter(([field]) => !WORDING.includes(field));
  const of = event === undefined ? events : [event];
  return { ...Object.fromEntries(fields), ...(of === undefined ? {} : { events: [...of].sort() }) };
};

/** Compiled labels hold functions, which the selector's key speaks for. */
const labelsOf = ({ labels, moment }: Pack): Map<string, unknown> => {
  const plain = JSON.parse(JSON.stringify(labels)) as { name: string }[];
  const result = new Map<string, unknown>(plain.map((label) => [label.name, label]));
  if (moment !== undefined) result.set('moment', JSON.parse(JSON.stringify(moment)));
  return result;
};

/** As written: whether they can be used is known once they are compiled. */
const segmentsOf = ({ segments }: Pack): Map<string, unknown> =>
  new Map(Object.entries((segments as { segments?: Record<string, unknown> } | null)?.segments ?? {}));

const byId = <K extends string>(specs: readonly Readonly<Record<K, string>>[], key: K): Map<string, unknown> =>
  new Map(specs.map((spec) => [spec[key], spec]));

const changes = (before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): Change[] => {
  const list: Change[] = [];
  for (const [name, value] of after) {
    const how = !before.has(name) ? 'added' : canonical(before.get(name)) === canonical(value) ? undefined : 'changed';
    if (how !== undefined) list.push({ name, how, told: '' });
  }
  for (const name of before.keys()) if (!after.has(name)) list.push({ name, how: 'removed', told: '' });
  return list;
};

/** @returns fields that are not equal, each with `before → after` */
const differences = (
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): [field: string, told: string][] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((field): [string, string][] => {
    const [was, is] = [before[field], after[field]];
    return canonical(was) === canonical(is) ? [] : [[field, `${shown(was)} → ${shown(is)}`]];
  });

const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none'));

/** JSON with the keys of objects in order, so that what is written in another order is equal. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? 'undefined';
