import { LIMITS } from '../base/limits.ts';
import { makeShardMemory, Shard, type ShardRegions, shardRegions } from '../features/shard.ts';
import { SlotIndex } from '../features/slot-index.ts';
import { Table } from '../features/table.ts';
import type { Pack } from '../packs/pack.ts';
import { DedupeWindow, dedupeRegionBytes } from '../state/dedupe.ts';
import { Status } from '../state/status.ts';

/** The memory that all threads share: plain data, handed to a thread as it starts. */
export interface StateMemory {
  readonly shards: readonly WebAssembly.Memory[];
  readonly status: SharedArrayBuffer;
}

/** The state as one thread sees it. */
export interface StateView {
  readonly tables: readonly Table[];
  readonly status: Status;
}

const WORD_BYTES = 4;

const regionsOf = (pack: Pack): ShardRegions =>
  shardRegions(pack.plan, dedupeRegionBytes(LIMITS.dedupeIdsPerShardMax) / WORD_BYTES);

/** Address space for an empty state; physical memory is taken when rows come. */
export const makeStateMemory = (pack: Pack, shards: number): StateMemory => {
  const regions = regionsOf(pack);
  const memories = Array.from({ length: shards }, () => makeShardMemory(regions));
  for (const [number, memory] of memories.entries())
    SlotIndex.initialise(new Shard(number, memory, pack.plan, regions));
  return { shards: memories, status: new Status().memory };
};

/** @param pack compiled from the same files as in the thread that made the memory */
export const viewState = (pack: Pack, memory: StateMemory): StateView => {
  const regions = regionsOf(pack);
  return {
    tables: memory.shards.map((shard, number) => new Table(new Shard(number, shard, pack.plan, regions))),
    status: new Status(memory.status),
  };
};

/** The dedupe windows inside the shards' memory; for the writer alone. */
export const dedupeWindows = (pack: Pack, tables: readonly Table[]): DedupeWindow[] => {
  const { dedupe } = regionsOf(pack);
  const options = { idsMax: LIMITS.dedupeIdsPerShardMax, windowMs: LIMITS.dedupeWindowMs };
  return tables.map((table) => new DedupeWindow(() => table.shard.u32, dedupe, options));
};
