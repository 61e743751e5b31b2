import type { ColdStore } from '../features/cold-store.ts';
import { SHARD_HEADER } from '../features/shard.ts';
import { stateHash } from '../features/state-hash.ts';
import type { Pack } from '../packs/pack.ts';
import type { StateView } from './shared-state.ts';

/** What `beckon inspect state` prints. */
export interface StateFacts {
  readonly customers: number;
  /** Without duplicates. */
  readonly eventsApplied: number;
  /** Of the last event applied, -1 where the log is empty. */
  readonly logOffset: number;
  readonly rowBytes: number;
  readonly stateHash: string;
}

const WORD_BYTES = 4;
const TWO_32 = 2 ** 32;

/** @param cold where the state has a bound */
export const stateFacts = (
  pack: Pack,
  { tables, status }: StateView,
  cold: Pick<ColdStore, 'customers'> | undefined,
): StateFacts => {
  let customers = 0;
  let eventsApplied = 0;
  for (const { shard } of tables) {
    customers += shard.residents + shard.coldCustomers;
    eventsApplied += shard.u32[SHARD_HEADER.eventsApplied] + shard.u32[SHARD_HEADER.eventsApplied + 1] * TWO_32;
  }
  const rowBytes = pack.plan.rowWords * WORD_BYTES;
  return { customers, eventsApplied, logOffset: status.appliedOffset, rowBytes, stateHash: stateHash(tables, cold) };
};
