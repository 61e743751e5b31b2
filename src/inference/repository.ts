import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suggest } from '../base/suggest.ts';
import { type Golden, goldenProblem, type Manifest, manifestProblem } from './manifest.ts';
import { onnxOpset } from './onnx-opset.ts';
import type { Plan } from './plan/plan.ts';
import { refusal } from './refusal.ts';

/** `model.onnx`, `manifest.json` and `golden.json` as read; plain data that may be sent to another thread. */
export interface Bundle {
  /** `pack/head/version` */
  readonly id: string;
  readonly manifest: Manifest;
  readonly golden: Golden;
  readonly model: Uint8Array;
  /** SHA-256 over the hashes of the three files: the same value means the same bundle. */
  readonly sha256: string;
  /** What `prove` has found to compute the same; without it ONNX Runtime runs the model. */
  readonly plan?: Plan;
  /** How far the plan was from ONNX Runtime at most, in numbers or, above 1, as a share of them. */
  readonly planApart?: number;
  /** Why a model that was proven has no plan. */
  readonly noPlan?: string;
}

export interface BundleRef {
  readonly pack: string;
  readonly head: string;
  readonly version: string;
  readonly folder: string;
}

const FILES = ['model.onnx', 'manifest.json', 'golden.json', 'CARD.md'] as const;

const naturally = new Intl.Collator('en', { numeric: true });

/**
 * The bundles below `models/<pack>/<head>/<version>`, by head, the highest version first in natural order (10 before
 * 9). A folder counts as a version when it holds any file of a bundle. A pack without a folder has no bundles.
 */
export const listBundles = (packFolder: string, pack: string): BundleRef[] =>
  folders(packFolder)
    .sort(naturally.compare)
    .flatMap((head) =>
      folders(join(packFolder, head))
        .filter((version) => FILES.some((file) => existsSync(join(packFolder, head, version, file))))
        .sort((a, b) => naturally.compare(b, a))
        .map((version) => ({ pack, head, version, folder: join(packFolder, head, version) })),
    );

/**
 * One bundle a head: the pinned version, or else the highest.
 * @param pins version by head
 * @throws BeckonError BUNDLE_REFUSED where a pin names what is not there.
 */
export const chooseBundles = (
  packFolder: string,
  pack: string,
  pins: Readonly<Record<string, string>> = {},
): BundleRef[] => {
  const byHead = Map.groupBy(listBundles(packFolder, pack), (ref) => ref.head);
  for (const head of Object.keys(pins)) {
    if (byHead.has(head)) continue;
    throw refusal(
      `${pack}/${head}/${pins[head]}`,
      `it is pinned, but the pack has no head "${head}"${didYouMean(head, byHead.keys())}`,
    );
  }
  return [...byHead].map(([head, refs]) => {
    if (!Object.hasOwn(pins, head)) return refs[0];
    const pinned = refs.find((ref) => ref.version === pins[head]);
    if (pinned !== undefined) return pinned;
    const versions = refs.map((ref) => ref.version).join(', ');
    throw refusal(`${pack}/${head}/${pins[head]}`, `it is pinned, but the head has only the versions ${versions}`);
  });
};

/** Whose bundles are read: a compiled pack says that of itself. */
interface BundleOwner {
  readonly folder: string;
  readonly name: string;
  readonly featureNames: readonly string[];
}

/** The bundles that serve a pack, one a head. @throws BeckonError BUNDLE_REFUSED */
export const readBundles = ({ folder, name, featureNames }: BundleOwner): Bundle[] => {
  const names = new Set(featureNames);
  return chooseBundles(folder, name).map((ref) => readBundle(ref, names));
};

/**
 * Reads a bundle and checks everything that can be checked without running the model; `prove` does the rest.
 * @param knownFeatures names of all features of the pack
 * @throws BeckonError BUNDLE_REFUSED
 */
export const readBundle = (ref: BundleRef, knownFeatures: ReadonlySet<string>): Bundle => {
  const id = `${ref.pack}/${ref.head}/${ref.version}`;
  const missing = FILES.filter((file) => !existsSync(join(ref.folder, file)));
  if (missing.length > 0) throw refusal(id, `${missing.join(' and ')} missing in ${ref.folder}`);
  const [model, manifestBytes, goldenBytes] = FILES.slice(0, 3).map((file) => read(id, ref.folder, file));

  const parsed = parse(id, 'manifest.json', manifestBytes);
  const problem = manifestProblem(parsed);
  if (problem !== undefined) throw refusal(id, `manifest.json: ${problem}`);
  const manifest = parsed as Manifest;
  for (const key of ['pack', 'head', 'version'] as const) {
    if (manifest[key] === ref[key]) continue;
    throw refusal(id, `manifest.json says ${key} "${manifest[key]}", but the folder says "${ref[key]}"`);
  }
  const unknown = manifest.input.features.find(({ name }) => !knownFeatures.has(name));
  if (unknown !== undefined) {
    throw refusal(
      id,
      `manifest.json: the pack has no feature "${unknown.name}"${didYouMean(unknown.name, knownFeatures)}`,
    );
  }

  const found = sha256(model);
  if (found !== manifest.sha256) {
    throw refusal(
      id,
      `model.onnx is not the file that the manifest describes: sha256 ${found}, not ${manifest.sha256}`,
      {
        details: { expected: manifest.sha256, found },
      },
    );
  }
  const opset = onnxOpset(model);
  if (opset === undefined) throw refusal(id, 'model.onnx is not an ONNX model, or is cut short');
  if (opset !== manifest.opset) {
    throw refusal(id, `model.onnx uses opset ${opset}, but manifest.json says ${manifest.opset}`);
  }

  const golden = parse(id, 'golden.json', goldenBytes);
  const goldenWrong = goldenProblem(golden, manifest);
  if (goldenWrong !== undefined) throw refusal(id, `golden.json: ${goldenWrong}`);
  return {
    id,
    manifest,
    golden: golden as Golden,
    model,
    sha256: sha256(Buffer.from(`${found} ${sha256(manifestBytes)} ${sha256(goldenBytes)}`)),
  };
};

const folders = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
        .map((entry) => entry.name)
    : [];

const read = (id: string, folder: string, file: string): Uint8Array => {
  try {
    return readFileSync(join(folder, file));
  } catch (cause) {
    throw refusal(id, `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
};

const parse = (id: string, file: string, bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refusal(id, `${file} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const didYouMean = (word: string, candidates: Iterable<string>): string => {
  const near = suggest(word, [...candidates]);
  return near === undefined ? '' : `; did you mean "${near}"?`;
};
