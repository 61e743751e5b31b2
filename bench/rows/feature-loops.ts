import type { Opened } from '../children/feature-loop.ts';
import type { Bar, OpenRow, Row } from '../row.ts';
import type { Sample } from '../sample.ts';
import type { Size } from '../size.ts';

/** Few customers, whose rows stay in the cache, or many, whose rows do not. */
type Temperature = 'hot' | 'cold';

interface Loops {
  readonly ceiling: string;
  readonly product: string;
}

const EVENTS_PER_CUSTOMER = 4;
const APPLY: Bar = { kind: 'perCpuSec', pass: 1_000_000 };
/** 1.5 µs a row. */
const READ: Bar = { kind: 'perCpuSec', pass: 666_667 };

const customersOf = (size: Size, temperature: Temperature): number =>
  temperature === 'hot' ? size.hotCustomers : size.coldCustomers;

const openLoops =
  (temperature: Temperature, loops: Loops): Row['open'] =>
  async (bench): Promise<OpenRow> => {
    const child = bench.measuredChild('feature-loop.ts');
    const customers = customersOf(bench.size, temperature);
    const { features, rowWords } = await child.ask<Opened>('open', {
      customers,
      eventsPerCustomer: EVENTS_PER_CUSTOMER,
    });
    return {
      notes: [
        `${customers} customers in random order, none again before all others`,
        `${features} features in rows of ${rowWords} words`,
      ],
      ceiling: (durationMs) => child.ask<Sample>(loops.ceiling, durationMs),
      product: (durationMs) => child.ask<Sample>(loops.product, durationMs),
      close: () => child.stop(),
    };
  };

export const featureApply = (temperature: Temperature): Row => ({
  name: `feature-apply-${temperature}`,
  product: 'decoded events of 16 types applied to rows and groups',
  ceiling: 'a bare loop that changes as many words of rows in a typed array',
  unit: 'events',
  bar: APPLY,
  isPromised: temperature === 'hot',
  open: openLoops(temperature, { ceiling: 'bareApply', product: 'apply' }),
});

export const featureRead = (temperature: Temperature): Row => ({
  name: `feature-read-${temperature}`,
  product: 'all features of the retail pack',
  ceiling: 'a bare loop that adds up as many words of rows in a typed array',
  unit: 'rows',
  bar: READ,
  isPromised: temperature === 'hot',
  open: openLoops(temperature, { ceiling: 'bareRead', product: 'read' }),
});
