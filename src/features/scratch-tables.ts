import type { FeaturePlan } from './plan.ts';
import { makeShardMemory, Shard, shardRegions } from './shard.ts';
import { SlotIndex } from './slot-index.ts';
import { Table } from './table.ts';

/** Empty tables of this thread's own, without dedupe windows: for a fold of a few customers beside the service's. */
export const scratchTables = (plan: FeaturePlan, shards: number): Table[] => {
  const regions = shardRegions(plan, 0);
  return Array.from({ length: shards }, (_, number) => {
    const shard = new Shard(number, makeShardMemory(regions), plan, regions);
    SlotIndex.initialise(shard);
    return new Table(shard);
  });
};
