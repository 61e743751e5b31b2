import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BeckonError } from '../base/errors.ts';
import type { EventLog } from '../log/event-log.ts';
import { syncFile } from '../log/log-copy.ts';
import type { ColdFile } from './cold-file.ts';
import { syncDirectory, writeDurably } from './durable-file.ts';
import type { ShardFile } from './shard-file.ts';

/** Raised when a version of today could no longer read a checkpoint, or when the same log would fold to other words. */
export const CHECKPOINT_FORMAT = 1;

const FOLDER = 'checkpoints';
const MANIFEST_FILE = 'manifest.json';
/** Also where the newest one turns out to be damaged there is a start without the whole log. */
const KEPT = 2;

/** The state at one offset of the log, as it stands in files: what `manifest.json` says. */
export interface Checkpoint {
  readonly format: number;
  /** Of the next record, one a partition of the log. */
  readonly offsets: readonly number[];
  /** Of the last record before them, one a partition. */
  readonly logTimesMs: readonly number[];
  /** Hash of all that the meaning of the words depends on. */
  readonly layout: string;
  /** Hash of the secret of its log. */
  readonly log: string;
  readonly shards: readonly ShardFile[];
  /** Where there is a bound on rows. */
  readonly cold?: ColdFile;
  /** Name and CRC-32 of the file of what the fold keeps beside the shards. */
  readonly rest: { readonly name: string; readonly checksum: number };
  /** Records folded before the last `customer.erased`, -1 where there was none. */
  readonly lastErasure: number;
  /** Customers erased whose records were still in the log. */
  readonly erasuresWaiting: number;
}

/** A folder of the store: whole where it has a manifest that can be read, otherwise with the reason why it cannot be used. */
export interface Generation {
  readonly number: number;
  readonly path: string;
  readonly checkpoint?: Checkpoint;
  readonly problem?: string;
}

/**
 * The checkpoints of a data directory, each a folder with a number that rises:
 * ```
 *   checkpoints/7/           shard-00 … shard-15, rest.json, manifest.json, and cold.db where there is a bound on rows
 *   checkpoints/8.part/      being written, or broken off
 * ```
 * All files of a folder are durable before it gets its name, so that a checkpoint is whole or absent.
 */
export class CheckpointStore {
  readonly folder: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, FOLDER);
  }

  /** Newest first. */
  list(): Generation[] {
    return this.names()
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => b - a)
      .map((number) => readGeneration(number, join(this.folder, String(number))));
  }

  makeFolder(): void {
    if (mkdirSync(this.folder, { recursive: true }) !== undefined) syncDirectory(dirname(this.folder));
  }

  /** @returns the folder of a checkpoint to be written */
  begin(): { readonly number: number; readonly path: string } {
    this.makeFolder();
    const numbers = this.names().map((name) => Number.parseInt(name, 10) || 0);
    const number = Math.max(0, ...numbers) + 1;
    const path = join(this.folder, `${number}.part`);
    mkdirSync(path);
    return { number, path };
  }

  /** Gives a checkpoint its name, whose files are on disk, and removes those that are not needed any more. */
  complete(number: number, checkpoint: Checkpoint): void {
    const part = join(this.folder, `${number}.part`);
    const text = JSON.stringify(checkpoint);
    writeDurably(part, MANIFEST_FILE, `${JSON.stringify({ checksum: crc32(text), checkpoint })}\n`);
    renameSync(part, join(this.folder, String(number)));
    syncDirectory(this.folder);
    this.prune();
  }

  /**
   * Keeps the newest checkpoint and one before it; none that knows of somebody whom the newest one has forgotten.
   */
  private prune(): void {
    const [newest, ...older] = this.list();
    const { lastErasure, erasuresWaiting } = newest.checkpoint as Checkpoint;
    for (const [place, { number, checkpoint }] of older.entries()) {
      const isNeeded =
        checkpoint !== undefined &&
        recordsOf(checkpoint) > lastErasure &&
        (checkpoint.erasuresWaiting === 0 || erasuresWaiting > 0);
      if (place + 1 >= KEPT || !isNeeded) this.remove(number);
    }
  }

  /** Records that every kept checkpoint holds; 0 where fewer are there than are kept. */
  get recordsHeld(): number {
    const held = this.list().map(({ checkpoint }) => (checkpoint === undefined ? 0 : recordsOf(checkpoint)));
    return held.length < KEPT ? 0 : Math.min(...held);
  }

  /** Whether a checkpoint is still there. */
  has({ shards }: Checkpoint): boolean {
    const known = JSON.stringify(shards);
    return this.list().some(({ checkpoint }) => JSON.stringify(checkpoint?.shards) === known);
  }

  /** Whether any checkpoint was made before a record was folded. @param place records before it */
  hasBefore(place: number): boolean {
    return this.list().some(({ checkpoint }) => checkpoint === undefined || recordsOf(checkpoint) <= place);
  }

  /**
   * Before the records of erased customers go: no checkpoint may be left that would need them to forget somebody.
   * @param place records before the last erasure
   * @param make makes one that has forgotten them. @returns whether it was made
   * @throws BeckonError LOG_UNAVAILABLE where none can be made, and the log alone could not bring the state back
   */
  async forget(place: number, { starts }: Pick<EventLog, 'starts'>, make: () => Promise<boolean>): Promise<void> {
    if (!this.hasBefore(place) || (await make())) return;
    if (starts[0] > 0)
      throw new BeckonError(
        'LOG_UNAVAILABLE',
        'the log is trimmed, and no checkpoint can be made without who was erased',
      );
    for (const { number } of this.list()) this.remove(number);
  }

  remove(number: number): void {
    // Without its manifest it is nothing, whatever a crash leaves of it.
    rmSync(join(this.folder, String(number), MANIFEST_FILE), { force: true });
    for (const name of [String(number), `${number}.part`])
      rmSync(join(this.folder, name), { recursive: true, force: true });
  }

  /** Removes what was being written when a process died. */
  removeParts(): void {
    for (const name of this.names())
      if (name.endsWith('.part')) rmSync(join(this.folder, name), { recursive: true, force: true });
  }

  private names(): string[] {
    return existsSync(this.folder) ? readdirSync(this.folder) : [];
  }
}

/**
 * Copies the newest checkpoint of a data directory, on which a service may run, to another one. There is none where
 * there is none here, or where it went meanwhile.
 * @param until only one that is the fold of fewer records
 */
export const copyCheckpoint = (from: string, to: string, until = Number.POSITIVE_INFINITY): Checkpoint | undefined => {
  const source = new CheckpointStore(from);
  const target = new CheckpointStore(to);
  for (const { path, checkpoint } of source.list()) {
    if (checkpoint === undefined || recordsOf(checkpoint) > until) continue;
    const { number: copy, path: part } = target.begin();
    try {
      cpSync(path, part, { recursive: true });
      for (const name of readdirSync(part)) syncFile(join(part, name));
      target.complete(copy, checkpoint);
      return checkpoint;
    } catch {
      target.remove(copy);
    }
  }
  return undefined;
};

/** Takes all checkpoints of a data directory away. */
export const removeCheckpoints = (dataDir: string): void =>
  rmSync(join(dataDir, FOLDER), { recursive: true, force: true });

/** Records of the log that it is the fold of, as far as offsets tell. */
export const recordsOf = ({ offsets }: Pick<Checkpoint, 'offsets'>): number =>
  offsets.reduce((sum, offset) => sum + offset, 0);

const readGeneration = (number: number, path: string): Generation => {
  try {
    const { checksum, checkpoint } = JSON.parse(readFileSync(join(path, MANIFEST_FILE), 'utf8'));
    // Whatever else another format changes, its version stays readable, so that it can be named.
    if (checkpoint.format !== CHECKPOINT_FORMAT) {
      const problem = `it has format version ${checkpoint.format}, and this version of Beckon reads ${CHECKPOINT_FORMAT}`;
      return { number, path, problem };
    }
    if (crc32(JSON.stringify(checkpoint)) !== checksum) throw new Error('it does not match its checksum');
    return { number, path, checkpoint };
  } catch (error) {
    return { number, path, problem: `its manifest cannot be read: ${(error as Error).message}` };
  }
};
