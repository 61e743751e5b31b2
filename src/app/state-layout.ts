import { createHash } from 'node:crypto';
import { LIMITS } from '../base/limits.ts';
import type { Pack } from '../packs/pack.ts';
import { foldOf } from '../packs/pack-diff.ts';

/**
 * Hash of all that the meaning of the state's words depends on: what features count and where their words stand, what is
 * declared of items, and the limits that the fold goes by. The format of checkpoints stands for the code.
 */
export const stateLayout = (pack: Pack): string => {
  const { rowWords, cells, groupTables } = pack.plan;
  const { dedupeIdsPerShardMax, dedupeWindowMs, shards, idBytesMax, rowsMax } = LIMITS;
  const words = {
    fold: foldOf(pack),
    rowWords,
    cells: cells.map(({ key, offset, words }) => [key, offset, words]),
    groups: groupTables.map((table) => [table.by, table.keysMax, table.cells.map(({ key }) => key)]),
    // Which rows have no room is of a bound; a state without one is the same as before there were any.
    limits: [dedupeIdsPerShardMax, dedupeWindowMs, shards, idBytesMax, ...(rowsMax === 0 ? [] : [rowsMax])],
  };
  return createHash('sha256').update(JSON.stringify(words)).digest('hex');
};
