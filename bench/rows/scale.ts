import type { Bench } from '../bench.ts';
import type { Child } from '../child.ts';
import type { Opened } from '../children/scored-state.ts';
import type { OpenRow, Row } from '../row.ts';
import type { Sample } from '../sample.ts';

const CONNECTIONS = 64;
const EVENTS_PER_CUSTOMER = 3;

/** A state with so many customers, and the process that holds it. */
export interface ScaledState {
  readonly customers: number;
  readonly child: Child;
  readonly opened: Opened;
}

export const openState = async (bench: Bench, customers: number): Promise<ScaledState> => {
  const child = bench.measuredChild('scored-state.ts');
  const opened = await child.ask<Opened>('open', { customers, eventsPerCustomer: EVENTS_PER_CUSTOMER });
  return { customers, child, opened };
};

const named = (customers: number): string => customers.toLocaleString('en-US');

const rowOf = (name: string, product: string, unit: string, few: ScaledState, open: () => OpenRow): Row => ({
  name,
  product,
  ceiling: `the same with ${named(few.customers)} customers`,
  unit,
  bar: { kind: 'ratio', pass: 0.7, excellent: 0.9 },
  isPromised: false,
  open: async () => open(),
});

/** Scores over HTTP from many customers, against few. The caller owns both states. */
export const scaledHttp = (bench: Bench, few: ScaledState, many: ScaledState): Row => {
  const load = ({ opened: { url }, customers, child }: ScaledState, durationMs: number): Promise<Sample> => {
    const traffic = { kind: 'score', path: '/v1/score', customers, perRequest: 1 } as const;
    return bench.load({ url, traffic, connections: CONNECTIONS, durationMs }, () => child.cpuSec());
  };
  const product = `POST /v1/score, ${named(many.customers)} customers`;
  return rowOf(`http-${many.customers}`, product, 'requests', few, () => ({
    notes: [`${CONNECTIONS} connections`, 'one process with one thread', 'random order'],
    ceiling: (durationMs) => load(few, durationMs),
    product: (durationMs) => load(many, durationMs),
    close: async () => {},
  }));
};

/** Features and heads in process, batch 64, from many customers, against few. */
export const scaledLoop = (few: ScaledState, many: ScaledState): Row => {
  const product = `features and heads in process, ${named(many.customers)} customers`;
  return rowOf(`loop-${many.customers}`, product, 'customers', few, () => ({
    notes: ['batches of 64', 'random order'],
    ceiling: (durationMs) => few.child.ask<Sample>('scoreRows', durationMs),
    product: (durationMs) => many.child.ask<Sample>('scoreRows', durationMs),
    close: async () => {},
  }));
};
