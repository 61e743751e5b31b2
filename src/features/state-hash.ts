import { hash64, hashBytes, mix32 } from '../base/hash.ts';
import type { ColdStore } from './cold-store.ts';
import { HEADER, RowView } from './row.ts';
import type { Table } from './table.ts';

const ID_SEED = 0x73746174;
const ALIAS_SEED = 0x616c6961;
const TWO_32 = 2n ** 32n;

const hashRow = (id: Uint8Array, { u32 }: RowView): void => {
  hashBytes(id, 0, id.length, ID_SEED);
  hashBytes(new Uint8Array(u32.buffer), 0, u32.length * 4, mix32(hash64.lo ^ hash64.hi));
};

const hashAlias = (alias: Uint8Array, id: Uint8Array): void => {
  hashBytes(alias, 0, alias.length, ALIAS_SEED);
  hashBytes(id, 0, id.length, mix32(hash64.lo ^ hash64.hi));
};

/**
 * A number for the whole state: the sum of a 64-bit hash of every customer (id and words), of every alias
 * with whom it names, and of every group entry.
 * Equal for equal logs, whatever the slots, the number of shards' threads, or who holds the row where.
 * @param cold where the tables have a bound
 * @returns 16 hex digits
 */
export const stateHash = (tables: readonly Table[], cold?: Pick<ColdStore, 'customers'>): string => {
  let sum = 0n;
  const add = (): void => {
    sum += BigInt(hash64.hi) * TWO_32 + BigInt(hash64.lo);
  };
  for (const table of tables) {
    const { shard, index } = table;
    const row = RowView.ofWords(shard.regions.rowWords);
    for (let slot = 0; slot < table.slots; slot++) {
      const key = table.keyOf(slot);
      if (key < 0) continue;
      table.load(slot, row.u32);
      row.u32[HEADER.version] = 0;
      row.u32[HEADER.keyRef] = 0;
      hashRow(index.bytesOf(key), row);
      add();
    }
    for (const key of index.keys()) {
      const target = index.targetOf(key);
      if (target === undefined) continue;
      hashAlias(index.bytesOf(key), tables[target.shard].index.bytesOf(target.key));
      add();
    }
    for (const group of shard.groups)
      group.forEach((words) => {
        const copy = new Uint8Array(Uint32Array.from(words).buffer);
        hashBytes(copy, 0, copy.length, group.plan.position + 1);
        add();
      });
  }
  for (const { id, aliases, row } of cold?.customers() ?? []) {
    hashRow(id, row);
    add();
    for (const alias of aliases) {
      hashAlias(alias, id);
      add();
    }
  }
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
};
