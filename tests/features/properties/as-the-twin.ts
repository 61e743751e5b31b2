import fc from 'fast-check';
import { type SlowEvent, withoutDuplicates } from '../../oracles/slow-event.ts';
import { slowFeatures } from '../../oracles/slow-features.ts';
import { FeatureState } from '../../support/feature-state.ts';
import type { HistoryProperty } from '../../support/history-property.ts';
import { customerNames, END_SEC, history, questionKeys } from '../histories.ts';
import { assertSameValues } from '../same-values.ts';
import { TWIN_PACKS, type TwinPack } from './twin-packs.ts';

const DAY_SEC = 86_400;
const CUSTOMERS = 4;
const SHARDS = 2;
/** Right after the last event, in the same window bucket, and when everything has run out. */
const LATER_SEC = [0, 1, 3600, DAY_SEC, 8 * DAY_SEC, 45 * DAY_SEC, 365 * DAY_SEC];

const applied = (state: FeatureState, events: readonly SlowEvent[]): FeatureState => {
  for (const event of events) state.apply(event);
  return state;
};

const propertiesOf = ({ pack, zoneOffsetSec, runs }: TwinPack): HistoryProperty[] => {
  const specs = pack.plan.features.map((feature) => feature.spec);
  const known = { minorDigits: pack.currency.minorDigits, zoneOffsetSec, items: pack.items };

  const unordered = fc.property(
    history({ customers: CUSTOMERS, eventsMax: 90, itemsChange: true }),
    questionKeys,
    fc.constantFrom(...LATER_SEC),
    (arrivals, keys, laterSec) => {
      const all = withoutDuplicates(arrivals);
      const state = applied(new FeatureState(pack.plan, SHARDS), all);
      const sec = END_SEC + laterSec;
      for (const customer of customerNames(CUSTOMERS)) {
        const question = { customer, sec, all, keys, ...known };
        assertSameValues(specs, state.read(customer, sec, keys), slowFeatures(specs, question));
      }
    },
  );

  const atLastSecond = fc.property(history({ customers: 1, eventsMax: 60 }), questionKeys, (arrivals, keys) => {
    const all = withoutDuplicates(arrivals);
    fc.pre(all.length > 0);
    const state = applied(new FeatureState(pack.plan, SHARDS), all);
    const [customer] = customerNames(1);
    const sec = Math.max(...all.map(({ timeMs }) => Math.floor(timeMs / 1000)));
    const question = { customer, sec, all, keys, ...known };
    assertSameValues(specs, state.read(customer, sec, keys), slowFeatures(specs, question));
  });

  // What a customer's attribute was when an event came is the one thing that arrival decides: the log's order does.
  const free = specs.filter(({ by }) => ![by].flat().some((part) => part?.startsWith('attribute:')));
  const shuffled = history({ customers: CUSTOMERS, eventsMax: 90 })
    .map(withoutDuplicates)
    .chain((events) =>
      fc.record({
        events: fc.constant(events),
        other: fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
      }),
    );
  const anyArrival = fc.property(shuffled, questionKeys, ({ events, other }, keys) => {
    const one = applied(new FeatureState(pack.plan, SHARDS), events);
    const two = applied(new FeatureState(pack.plan, SHARDS), other);
    for (const customer of customerNames(CUSTOMERS))
      assertSameValues(free, two.read(customer, END_SEC, keys), one.read(customer, END_SEC, keys));
  });

  return [
    {
      name: `${pack.name}: rows and groups equal the slow twin over late, unordered and duplicate events, while items change`,
      runs,
      property: unordered,
    },
    { name: `${pack.name}: at the very second of the customer's last event, too`, runs, property: atLastSecond },
    { name: `${pack.name}: arrival does not show`, runs, property: anyArrival },
  ];
};

/** Rows and groups against the slow twin. */
export const AS_THE_TWIN: readonly HistoryProperty[] = TWIN_PACKS.flatMap(propertiesOf);
