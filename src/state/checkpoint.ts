import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ItemFacts } from '../features/item-board.ts';
import type { ToldItems } from '../features/item-changes.ts';
import { SHARD_HEADER, type Shard, type Stretch } from '../features/shard.ts';
import { SlotIndex } from '../features/slot-index.ts';
import type { EventLog } from '../log/event-log.ts';
import { CHECKPOINT_FORMAT, type Checkpoint, type CheckpointStore, type Generation } from './checkpoint-store.ts';
import type { ColdDatabase } from './cold-database.ts';
import { coldPartOf, keepColdFile, verifyColdFile } from './cold-file.ts';
import { syncDirectory, writeDurably } from './durable-file.ts';
import type { ErasureFacts } from './erasures.ts';
import { type ReadWords, readShardFile, type ShardFile, writeShardFile } from './shard-file.ts';

const REST_FILE = 'rest.json';

/** What the fold keeps beside the shards' memory. */
export interface FoldRest {
  readonly items: ToldItems;
  /** What rules see of them; left out by versions before there was that. */
  readonly board?: readonly ItemFacts[];
  readonly erasures: ErasureFacts;
}

/** The state at one offset: all of it but the words of the shards. */
export interface Mark extends Pick<Checkpoint, 'offsets' | 'logTimesMs' | 'layout' | 'log'> {
  /** Of each shard. */
  readonly stretches: readonly (readonly Stretch[])[];
  readonly rest: FoldRest;
}

/** Tells logs apart without giving their secret away. */
export const logIdentity = ({ secret }: Pick<EventLog, 'secret'>): string =>
  createHash('sha256').update(secret).digest('hex');

/**
 * Writes a checkpoint; it counts when this returns.
 * @param readers of the words of each shard, as they were at the mark
 * @param onRead told when no words are needed any more
 * @param copied resolves when the rows that have no room stand in {@link coldPartOf} the store, to whether there are any
 * @returns its bytes
 * @throws Error of the file system: then there is no checkpoint
 */
export const writeCheckpoint = async (
  store: CheckpointStore,
  mark: Mark,
  readers: readonly ReadWords[],
  onRead: () => Promise<void> = () => Promise.resolve(),
  copied: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<number> => {
  const { offsets, logTimesMs, layout, log, rest } = mark;
  const { number, path } = store.begin();
  try {
    const shards = readers.map((read, shard): ShardFile => {
      const name = `shard-${String(shard).padStart(2, '0')}`;
      return writeShardFile(join(path, name), name, mark.stretches[shard], read);
    });
    await onRead();
    const cold = (await copied()) ? keepColdFile(coldPartOf(store.folder), path) : undefined;
    const text = JSON.stringify(rest);
    writeDurably(path, REST_FILE, text);
    syncDirectory(path);
    store.complete(number, {
      format: CHECKPOINT_FORMAT,
      offsets,
      logTimesMs,
      layout,
      log,
      shards,
      ...(cold === undefined ? {} : { cold }),
      rest: { name: REST_FILE, checksum: crc32(text) },
      lastErasure: rest.erasures.lastPlace,
      erasuresWaiting: rest.erasures.requests.length,
    });
    return shards.reduce((sum, { bytes }) => sum + bytes, text.length + (cold?.bytes ?? 0));
  } catch (error) {
    store.remove(number);
    throw error;
  }
};

/** Writes a checkpoint of a state that nobody changes meanwhile. @throws as {@link writeCheckpoint} */
export const writeCheckpointHere = (
  store: CheckpointStore,
  mark: Mark,
  shards: readonly Shard[],
  cold: ColdDatabase | undefined,
): Promise<number> => {
  const readers = shards.map((shard) => (from: number, into: Uint32Array): void => {
    into.set(shard.u32.subarray(from, from + into.length));
  });
  return writeCheckpoint(store, mark, readers, undefined, async () => {
    await cold?.copyTo(coldPartOf(store.folder));
    return cold !== undefined;
  });
};

export interface RestoreParts {
  readonly store: CheckpointStore;
  readonly log: EventLog;
  readonly layout: string;
  /** Of an empty state. */
  readonly shards: readonly Shard[];
  /** Empty, where there is a bound on rows. */
  readonly cold: ColdDatabase | undefined;
}

export interface RestoreListener {
  /** Told of each checkpoint that cannot be used, and why. */
  refused?(number: number, why: string): void;
  /** Told the bytes read, of how many. */
  progress?(bytes: number, bytesTotal: number): void;
}

/** A checkpoint whose words stand in the shards' memory. */
export interface Restored extends FoldRest {
  readonly number: number;
  readonly checkpoint: Checkpoint;
}

/**
 * Puts the newest checkpoint that can be used into the shards' memory, and the rows that have no room there into their database.
 * @returns undefined where there is none: the memory is then as it was, empty
 */
export const restoreCheckpoint = async (
  parts: RestoreParts,
  listener: RestoreListener = {},
): Promise<Restored | undefined> => {
  for (const generation of parts.store.list()) {
    try {
      const { number } = generation;
      const checkpoint = await usable(generation, parts);
      const rest = readRest(generation.path, checkpoint);
      if (checkpoint.cold !== undefined) verifyColdFile(generation.path, checkpoint.cold);
      readShards(generation.path, checkpoint, parts.shards, listener);
      if (checkpoint.cold !== undefined) parts.cold?.load(join(generation.path, checkpoint.cold.name));
      return { number, checkpoint, ...rest };
    } catch (error) {
      listener.refused?.(generation.number, (error as Error).message);
    }
  }
  return undefined;
};

/** @throws Error with the reason why it cannot be used */
export const usable = async (
  { checkpoint, problem }: Generation,
  { log, layout }: Pick<RestoreParts, 'log' | 'layout'>,
): Promise<Checkpoint> => {
  if (checkpoint === undefined) throw new Error(problem);
  if (checkpoint.layout !== layout)
    throw new Error('it was made with other features, items or limits, or by another version of Beckon');
  if (checkpoint.log !== logIdentity(log)) throw new Error('it is of another log');
  const ends = log.ends();
  if (checkpoint.offsets.length !== ends.length) throw new Error(`its log had ${checkpoint.offsets.length} partitions`);
  for (const [partition, offset] of checkpoint.offsets.entries())
    if (offset > ends[partition]) throw new Error(`it is at offset ${offset}, and the log ends at ${ends[partition]}`);
  return checkpoint;
};

const readRest = (path: string, { rest }: Checkpoint): FoldRest => {
  const text = readFileSync(join(path, rest.name), 'utf8');
  if (crc32(text) !== rest.checksum) throw new Error(`${rest.name} does not match its checksum`);
  return JSON.parse(text) as FoldRest;
};

const readShards = (
  path: string,
  { shards: files }: Checkpoint,
  shards: readonly Shard[],
  { progress }: RestoreListener,
): void => {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const placed: (readonly [shard: Shard, from: number, words: number])[] = [];
  let bytes = 0;
  try {
    if (files.length !== shards.length) throw new Error(`it has ${files.length} shards`);
    for (const [number, file] of files.entries()) {
      const shard = shards[number];
      readShardFile(join(path, file.name), file, (from, words) => {
        shard.grow(from + words);
        placed.push([shard, from, words]);
        return shard.u8.subarray(from * 4, (from + words) * 4);
      });
      bytes += file.bytes;
      progress?.(bytes, total);
    }
  } catch (error) {
    const { residentsMax } = SHARD_HEADER;
    for (const [shard, from, words] of placed) {
      const bound = shard.u32[residentsMax];
      shard.u32.fill(0, from, from + words);
      if (from === 0) SlotIndex.initialise(shard, bound);
    }
    throw error;
  }
};

/** Holds all files of a checkpoint against their checksums. @throws Error with what is wrong */
export const verifyCheckpoint = ({ path }: Generation, checkpoint: Checkpoint): void => {
  readRest(path, checkpoint);
  if (checkpoint.cold !== undefined) verifyColdFile(path, checkpoint.cold);
  let block = new Uint8Array(0);
  for (const file of checkpoint.shards)
    readShardFile(join(path, file.name), file, (_, words) => {
      if (block.length < words * 4) block = new Uint8Array(words * 4);
      return block.subarray(0, words * 4);
    });
};
