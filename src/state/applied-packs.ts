import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BeckonError } from '../base/errors.ts';
import { syncDirectory, writeDurably } from './durable-file.ts';

const FOLDER = 'packs';
const LIST_FILE = 'applied.json';
const FORMAT = 1;

/** A pack that a running service has changed to, or was about to. */
export interface AppliedPack {
  /** Of its files, which stand in the data directory under that name. */
  readonly sha256: string;
  readonly version: string;
  /** Of the files in the configured folder by then. */
  readonly folderSha256: string;
  /**
   * Its `pack.changed` has this offset of the log, on Kafka of its partition, or a later one; where there is none, the change
   * never happened.
   */
  readonly fromOffset: number;
}

/**
 * The packs that were applied to a data directory, oldest first, also while a service runs on it.
 * @throws BeckonError FILE_UNREADABLE, DATA_FORMAT_UNSUPPORTED
 */
export const readAppliedPacks = (dataDir: string): AppliedPack[] => {
  const file = join(dataDir, FOLDER, LIST_FILE);
  if (!existsSync(file)) return [];
  const { format, applied } = parse(file) as { format: number; applied: AppliedPack[] };
  if (format !== FORMAT)
    throw new BeckonError(
      'DATA_FORMAT_UNSUPPORTED',
      `${file} has format version ${format}; this version of Beckon reads ${FORMAT}. Start a newer Beckon.`,
    );
  return applied;
};

/** Texts of an applied pack by file name. @throws BeckonError FILE_UNREADABLE */
export const readAppliedFiles = (dataDir: string, sha256: string): Record<string, string> =>
  parse(join(dataDir, FOLDER, `${sha256}.json`)) as Record<string, string>;

/** Keeps a pack's files and puts it at the end of the list; durable when it returns. */
export const addAppliedPack = (dataDir: string, pack: AppliedPack, files: Readonly<Record<string, string>>): void => {
  const folder = join(dataDir, FOLDER);
  if (mkdirSync(folder, { recursive: true }) !== undefined) syncDirectory(dataDir);
  writeDurably(folder, `${pack.sha256}.json`, JSON.stringify(files));
  writeAppliedPacks(dataDir, [...readAppliedPacks(dataDir), pack]);
};

/** Replaces the list. Files of packs that are no longer in it stay, for whoever looks back. */
export const writeAppliedPacks = (dataDir: string, applied: readonly AppliedPack[]): void =>
  writeDurably(join(dataDir, FOLDER), LIST_FILE, `${JSON.stringify({ format: FORMAT, applied }, null, 2)}\n`);

/** Copies the list and all packs to another data directory, where there are any. */
export const copyAppliedPacks = (from: string, to: string): void => {
  const folder = join(to, FOLDER);
  if (!existsSync(join(from, FOLDER, LIST_FILE))) return;
  mkdirSync(folder);
  // The list first: what it names was there before it.
  const list = readAppliedPacks(from);
  for (const { sha256 } of list) cpSync(join(from, FOLDER, `${sha256}.json`), join(folder, `${sha256}.json`));
  writeAppliedPacks(to, list);
  syncDirectory(dirname(folder));
};

const parse = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new BeckonError(
      'FILE_UNREADABLE',
      `${file} is damaged or missing; restore it from a backup, or remove ${dirname(file)} to start with the configured pack.`,
      { cause },
    );
  }
};
