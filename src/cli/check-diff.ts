import { BeckonError } from '../base/errors.ts';
import { type Bundle, type BundleRef, chooseBundles, readBundle } from '../inference/repository.ts';
import { loadPack, type Pack } from '../packs/pack.ts';
import { type Change, packDiff } from '../packs/pack-diff.ts';
import { compileSegments } from '../packs/segments.ts';
import type { CommandIo } from './command.ts';

type Line = (sign: string, what: string) => void;

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

/**
 * Shows what would change if the pack of another folder took the place of this one.
 * @returns whether it could
 */
export const checkDiff = (pack: Pack, folder: string, io: CommandIo): boolean => {
  const other = loadPack(folder);
  const { settings, features, featuresSame, rowWords, labels, segments } = packDiff(pack, other);
  const line: Line = (sign, what) => void io.stdout.write(`${sign.padEnd(4)}${what}\n`);
  const list = (what: string, changes: readonly Change[], more: (change: never) => string = () => ''): void => {
    for (const change of changes) {
      const { how, name, told } = change;
      const tail = [told, more(change as never)].filter((part) => part !== '').join(', ');
      line(SIGNS[how], `${what} ${name}${tail === '' ? '' : `: ${tail}`}`);
    }
  };
  line('', `from ${pack.name} ${pack.version} to ${other.name} ${other.version} (${folder})`);
  list('setting', settings);
  list('feature', features, ({ words }: { words: number }) => wordsTold(words));
  const [before, after] = rowWords.map((words) => words * 4);
  line('=', `${featuresSame} features mean the same`);
  line(before === after ? '=' : '~', `row: ${before === after ? before : `${before} → ${after}`} bytes a customer`);
  list('label', labels);
  list('segment', segments);
  const problems = [...headProblems(pack, other, line), ...segmentProblems(other)];
  if (other.name !== pack.name)
    problems.push(`a data directory of the pack ${pack.name} is refused by the pack ${other.name}`);
  for (const problem of problems) line('--', problem);
  return problems.length === 0;
};

const wordsTold = (words: number): string =>
  words === 0 ? '' : `${words > 0 ? '+' : '-'}${Math.abs(words)} word${Math.abs(words) === 1 ? '' : 's'} of a row`;

/** Heads as the other folder has them, and those of this pack that it has not. @returns why one cannot be served */
const headProblems = (pack: Pack, other: Pack, line: Line): string[] => {
  const own = new Map(chooseBundles(pack.folder, pack.name).map((ref) => [ref.head, ref]));
  const theirs = new Map(chooseBundles(other.folder, other.name).map((ref) => [ref.head, ref]));
  for (const [head, { version }] of own) {
    const taken = theirs.get(head);
    if (taken === undefined) line('-', `head ${head}: no bundle in ${other.folder}`);
    else if (taken.version !== version) line('~', `head ${head}: version ${version} → ${taken.version}`);
  }
  for (const [head, { version }] of theirs) if (!own.has(head)) line('+', `head ${head}: version ${version}`);
  const names = new Set([...pack.featureNames, ...other.featureNames]);
  return [...new Map([...own, ...theirs]).values()].flatMap((ref) => {
    const why = headProblem(ref, names, other);
    return why === undefined ? [] : [`head ${ref.head} ${ref.version}: ${why}`];
  });
};

const headProblem = (ref: BundleRef, names: ReadonlySet<string>, other: Pack): string | undefined => {
  try {
    const missing = missingInputs(readBundle(ref, names), other);
    if (missing.length === 0) return undefined;
    return `the feature${missing.length > 1 ? 's' : ''} ${missing.join(', ')} would be missing`;
  } catch (error) {
    if (error instanceof BeckonError) return error.message;
    throw error;
  }
};

const missingInputs = ({ manifest }: Bundle, { featureNames }: Pack): string[] =>
  manifest.input.features.map(({ name }) => name).filter((name) => !featureNames.includes(name));

/** @returns why the segments of a pack cannot be used */
const segmentProblems = (pack: Pack): string[] => {
  try {
    const names = new Set(pack.featureNames);
    const bundles = chooseBundles(pack.folder, pack.name).flatMap((ref) => readable(() => readBundle(ref, names)));
    const outputs = bundles.flatMap(({ manifest }) => manifest.output.columns.map(({ name }) => name));
    compileSegments(pack.segments, pack.featureNames, new Set(outputs));
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
