import { LIMITS } from '../base/limits.ts';
import { ItemBoard, type ItemBoardMemory } from '../features/item-board.ts';
import { makeShardMemory, Shard, type ShardRegions, shardRegions } from '../features/shard.ts';
import { SlotIndex } from '../features/slot-index.ts';
import { Table } from '../features/table.ts';
import type { Pack } from '../packs/pack.ts';
import { ColdDatabase } from '../state/cold-database.ts';
import { ColdReader } from '../state/cold-reader.ts';
import { DedupeWindow, dedupeRegionBytes } from '../state/dedupe.ts';
import { Status } from '../state/status.ts';

/** The memory that all threads share: plain data, handed to a thread as it starts. */
export interface StateMemory {
  readonly shards: readonly WebAssembly.Memory[];
  readonly status: SharedArrayBuffer;
  readonly items: ItemBoardMemory;
  /** Path of the database of rows that have no room; undefined where there is no bound. */
  readonly coldPath: string | undefined;
}

/** The state as one thread sees it. */
export interface StateView {
  readonly tables: readonly Table[];
  readonly status: Status;
  readonly itemBoard: ItemBoard;
  readonly coldPath: string | undefined;
}

const WORD_BYTES = 4;

const regionsOf = (pack: Pack): ShardRegions =>
  shardRegions(pack.plan, dedupeRegionBytes(LIMITS.dedupeIdsPerShardMax) / WORD_BYTES);

/**
 * Address space for an empty state; physical memory is taken when rows come.
 * @param coldPath of the database for the rows that have no room, if there is a bound; left out for a state without one
 */
export const makeStateMemory = (pack: Pack, shards: number, coldPath?: string): StateMemory => {
  const regions = regionsOf(pack);
  const residentsMax = coldPath === undefined ? 0 : Math.ceil(LIMITS.rowsMax / shards);
  const memories = Array.from({ length: shards }, () => makeShardMemory(regions));
  for (const [number, memory] of memories.entries())
    SlotIndex.initialise(new Shard(number, memory, pack.plan, regions), residentsMax);
  return {
    shards: memories,
    status: new Status().memory,
    items: ItemBoard.makeMemory(),
    coldPath: residentsMax === 0 ? undefined : coldPath,
  };
};

/** @param pack compiled from the same files as in the thread that made the memory */
export const viewState = (pack: Pack, memory: StateMemory): StateView => {
  const regions = regionsOf(pack);
  return {
    tables: memory.shards.map((shard, number) => new Table(new Shard(number, shard, pack.plan, regions))),
    status: new Status(memory.status),
    itemBoard: new ItemBoard(memory.items, pack.plan.declaredItems, pack.plan.askedByRules),
    coldPath: memory.coldPath,
  };
};

/**
 * The writer's side of the rows that have no room; undefined where there is no bound.
 * @param isNew false where another thread has filled it
 * @throws BeckonError LOG_UNAVAILABLE
 */
export const openColdDatabase = (pack: Pack, { coldPath }: StateView, isNew = true): ColdDatabase | undefined =>
  coldPath === undefined ? undefined : new ColdDatabase(coldPath, pack.plan.rowWords, isNew);

/** A reader's side, once the writer has opened its own; undefined where there is no bound. */
export const openColdReader = (pack: Pack, { coldPath }: StateView): ColdReader | undefined =>
  coldPath === undefined ? undefined : new ColdReader(coldPath, pack.plan.rowWords);

/** The dedupe windows inside the shards' memory; for the writer alone. */
export const dedupeWindows = (pack: Pack, tables: readonly Table[]): DedupeWindow[] => {
  const { dedupe } = regionsOf(pack);
  const options = { idsMax: LIMITS.dedupeIdsPerShardMax, windowMs: LIMITS.dedupeWindowMs };
  return tables.map((table) => new DedupeWindow(() => table.shard.u32, dedupe, options, table.shard.copies));
};
