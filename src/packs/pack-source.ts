import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BeckonError } from '../base/errors.ts';
import { didYouMean } from '../base/suggest.ts';
import { parseYaml } from '../base/yaml.ts';

/** The files of a pack. Those that are not required may be missing. */
const PACK_FILES = [
  'pack.yaml',
  'features.yaml',
  'items.yaml',
  'labels.yaml',
  'segments.yaml',
  'channels.yaml',
  'actions.yaml',
  'campaigns.yaml',
  'triggers.yaml',
] as const;
const REQUIRED: readonly PackFileName[] = ['pack.yaml', 'features.yaml'];

export type PackFileName = (typeof PACK_FILES)[number];

/** A pack as it was written. Plain data: threads that compile the same source have the same layout. */
export interface PackSource {
  /** Where its model bundles stand. */
  readonly folder: string;
  readonly files: Readonly<Partial<Record<PackFileName, string>>>;
}

/** @throws BeckonError PACK_INVALID where a file that must be there is missing */
export const readPackSource = (folder: string): PackSource => {
  const files: Partial<Record<PackFileName, string>> = {};
  for (const name of PACK_FILES) {
    const path = join(folder, name);
    if (existsSync(path)) files[name] = readFileSync(path, 'utf8');
    else if (REQUIRED.includes(name)) throw new BeckonError('PACK_INVALID', `${path} is missing`);
  }
  return { folder, files };
};

/** The pack that files from elsewhere make. @throws BeckonError REQUEST_INVALID where one is no file of a pack */
export const packSourceOf = (folder: string, files: Readonly<Record<string, string>>): PackSource => {
  for (const name of Object.keys(files)) {
    if ((PACK_FILES as readonly string[]).includes(name)) continue;
    const hint = didYouMean(name, PACK_FILES) || `; it has ${PACK_FILES.join(', ')}`;
    throw new BeckonError('REQUEST_INVALID', `files: \`${name}\` is no file of a pack${hint}`);
  }
  return { folder, files };
};

/** The same for the same texts, wherever they stand: 64 hex digits. */
export const packSha256 = ({ files }: PackSource): string => {
  const present = PACK_FILES.filter((name) => files[name] !== undefined);
  return sha256(JSON.stringify(present.map((name) => [name, sha256(files[name] as string)])));
};

/** @returns the parsed file, undefined where the pack has none. @throws BeckonError PACK_INVALID */
export const parsePackFile = ({ files }: PackSource, name: PackFileName): unknown => {
  const text = files[name];
  if (text === undefined) {
    if (REQUIRED.includes(name)) throw new BeckonError('PACK_INVALID', `${name} is missing`);
    return undefined;
  }
  try {
    return parseYaml(text);
  } catch (error) {
    throw new BeckonError('PACK_INVALID', `${name}: ${(error as Error).message}`, { cause: error });
  }
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
