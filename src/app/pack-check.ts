import { BeckonError } from '../base/errors.ts';
import { HeadOutputs } from '../decisions/head-outputs.ts';
import { type Bundle, type BundleRef, chooseBundles, readBundle } from '../inference/repository.ts';
import { compileChoices } from '../packs/choices.ts';
import type { Pack } from '../packs/pack.ts';
import type { PackDifference } from '../packs/pack-change.ts';
import { type Change, packDiff } from '../packs/pack-diff.ts';
import { compileSegments } from '../packs/segments.ts';

/** What would change if a pack took the place of another, and why it could not. */
export interface PackCheck {
  readonly difference: PackDifference;
  /** In the words of `beckon check`; empty where it can. */
  readonly problems: readonly string[];
}

/** A head and the version that serves it. */
export type HeadVersion = Pick<BundleRef, 'head' | 'version'>;

/**
 * @param before as it is served, with the versions of its heads
 * @param after compiled, with its bundles in its folder
 */
export const checkPack = (before: Pack, served: readonly HeadVersion[], after: Pack): PackCheck => {
  const heads = chooseBundles(after.folder, after.name);
  const problems = [...headProblems(before, after), ...ruleProblems(after)];
  if (after.name !== before.name)
    problems.push(`a data directory of the pack ${before.name} is refused by the pack ${after.name}`);
  return { difference: { ...packDiff(before, after), heads: headChanges(served, heads, after) }, problems };
};

const headChanges = (served: readonly HeadVersion[], heads: readonly BundleRef[], after: Pack): Change[] => {
  const own = new Map(served.map(({ head, version }) => [head, version]));
  const theirs = new Map(heads.map(({ head, version }) => [head, version]));
  const changes: Change[] = [];
  for (const [name, version] of own) {
    const taken = theirs.get(name);
    if (taken === undefined) changes.push({ name, how: 'removed', told: `no bundle in ${after.folder}` });
    else if (taken !== version) changes.push({ name, how: 'changed', told: `version ${version} → ${taken}` });
  }
  for (const [name, version] of theirs)
    if (!own.has(name)) changes.push({ name, how: 'added', told: `version ${version}` });
  return changes;
};

/** Heads as the folder of `after` has them, and those of `before` that it has not. @returns why one cannot be served */
const headProblems = (before: Pack, after: Pack): string[] => {
  const refs = [...chooseBundles(before.folder, before.name), ...chooseBundles(after.folder, after.name)];
  const names = new Set([...before.featureNames, ...after.featureNames]);
  return [...new Map(refs.map((ref) => [ref.head, ref])).values()].flatMap((ref) => {
    const why = headProblem(ref, names, after);
    return why === undefined ? [] : [`head ${ref.head} ${ref.version}: ${why}`];
  });
};

const headProblem = (ref: BundleRef, names: ReadonlySet<string>, after: Pack): string | undefined => {
  try {
    const missing = missingInputs(readBundle(ref, names), after);
    if (missing.length === 0) return undefined;
    return `the feature${missing.length > 1 ? 's' : ''} ${missing.join(', ')} would be missing`;
  } catch (error) {
    if (error instanceof BeckonError) return error.message;
    throw error;
  }
};

const missingInputs = ({ manifest }: Bundle, { featureNames }: Pack): string[] =>
  manifest.input.features.map(({ name }) => name).filter((name) => !featureNames.includes(name));

/** @returns why the segments, actions, channels or campaigns of a pack cannot be used */
const ruleProblems = (pack: Pack): string[] => {
  try {
    const names = new Set(pack.featureNames);
    const bundles = chooseBundles(pack.folder, pack.name).flatMap((ref) => readable(() => readBundle(ref, names)));
    const outputs = new HeadOutputs(bundles);
    compileSegments(pack.segments, pack.featureNames, new Set(outputs.scores.map(({ name }) => name)));
    compileChoices(pack, outputs.names);
    return [];
  } catch (error) {
    if (!(error instanceof BeckonError)) throw error;
    return [error.message];
  }
};

/** A bundle that is refused has been told. */
const readable = (read: () => Bundle): Bundle[] => {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof BeckonError) return [];
    throw error;
  }
};
