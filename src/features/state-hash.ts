import { hash64, hashBytes, mix32 } from '../base/hash.ts';
import { HEADER, RowView } from './row.ts';
import type { Table } from './table.ts';

const ID_SEED = 0x73746174;
const ALIAS_SEED = 0x616c6961;
const TWO_32 = 2n ** 32n;

/**
 * A number for the whole state: the sum of a 64-bit hash of every customer (id and words), of every alias
 * with whom it names, and of every group entry.
 * Equal for equal logs, whatever the slots, the number of shards' threads, or who holds the row where.
 * @returns 16 hex digits
 */
export const stateHash = (tables: readonly Table[]): string => {
  let sum = 0n;
  for (const table of tables) {
    const { shard, index } = table;
    const row = RowView.ofWords(shard.regions.rowWords);
    const bytes = new Uint8Array(row.u32.buffer);
    for (let slot = 0; slot < table.slots; slot++) {
      const key = table.keyOf(slot);
      if (key < 0) continue;
      table.load(slot, row.u32);
      const id = index.bytesOf(key);
      row.u32[HEADER.version] = 0;
      row.u32[HEADER.keyRef] = 0;
      hashBytes(id, 0, id.length, ID_SEED);
      hashBytes(bytes, 0, bytes.length, mix32(hash64.lo ^ hash64.hi));
      sum += BigInt(hash64.hi) * TWO_32 + BigInt(hash64.lo);
    }
    for (const key of index.keys()) {
      const target = index.targetOf(key);
      if (target === undefined) continue;
      const alias = index.bytesOf(key);
      hashBytes(alias, 0, alias.length, ALIAS_SEED);
      const seed = mix32(hash64.lo ^ hash64.hi);
      const id = tables[target.shard].index.bytesOf(target.key);
      hashBytes(id, 0, id.length, seed);
      sum += BigInt(hash64.hi) * TWO_32 + BigInt(hash64.lo);
    }
    for (const group of shard.groups)
      group.forEach((words) => {
        const copy = new Uint8Array(Uint32Array.from(words).buffer);
        hashBytes(copy, 0, copy.length, group.plan.position + 1);
        sum += BigInt(hash64.hi) * TWO_32 + BigInt(hash64.lo);
      });
  }
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
};
