import type { RowView } from './row.ts';

/** A customer whose row is not in memory: the least recently changed go where there is a bound on rows. */
export interface ColdCustomer {
  /** Bytes of the customer's own id. */
  readonly id: Uint8Array;
  /** In the order of the customer's list of aliases. */
  readonly aliases: readonly Uint8Array[];
  /** The row, its version and the place of its key zero. */
  readonly row: RowView;
}

/** What readers ask where the index does not know an id. It answers at once, on the thread that asks. */
export interface ColdRows {
  /**
   * @param id own or alias
   * @param text the same id
   * @param stamp of the id, taken before the index was asked: what is remembered under another one is read anew
   * @returns undefined where no customer that went out of memory has the id
   */
  find(id: Uint8Array, text: string, stamp: number): ColdCustomer | undefined;
}

/**
 * Where the writer puts rows that have no room in memory. It is derived from the log, and begins empty with each process.
 * Changes are seen by the writer at once, by readers after {@link commit}.
 *
 * @throws BeckonError LOG_UNAVAILABLE where it fails: the state is no longer the fold of the log
 */
export interface ColdStore {
  /** @param customer is not kept */
  put(customer: ColdCustomer): void;
  /** Takes the customer of an id, own or alias, out. @returns undefined where there is none */
  take(id: Uint8Array): ColdCustomer | undefined;
  commit(): void;
  /** All that are in it. */
  customers(): Iterable<ColdCustomer>;
}
