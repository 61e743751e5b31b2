/** How much a run does. */
export interface Size {
  readonly pairs: number;
  readonly sampleMs: number;
  readonly warmUpMs: number;
  /** Customers in the state; each is asked for once before any is asked for again. */
  readonly customers: number;
  /** Of the feature rows: rows that stay in the cache, and rows that do not. */
  readonly hotCustomers: number;
  readonly coldCustomers: number;
  /** Orders that the state is made of, and that replay is measured with. */
  readonly orders: number;
  /** People of the simulated market. */
  readonly simulated: number;
  /** Numbers of customers of which memory and restart are drawn. */
  readonly drawn: readonly number[];
}

export const FULL: Size = {
  pairs: 5,
  sampleMs: 4000,
  warmUpMs: 3000,
  customers: 200_000,
  orders: 500_000,
  hotCustomers: 10_000,
  coldCustomers: 1_000_000,
  simulated: 4000,
  drawn: [10_000, 100_000, 1_000_000],
};
/** For every change: shorter, and still with three pairs, so that one disturbed run is not the median. */
export const QUICK: Size = {
  pairs: 3,
  sampleMs: 500,
  warmUpMs: 500,
  customers: 30_000,
  orders: 60_000,
  hotCustomers: 10_000,
  coldCustomers: 100_000,
  simulated: 600,
  drawn: [10_000, 100_000],
};
