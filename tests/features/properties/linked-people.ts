import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type SlowEvent, withoutDuplicates } from '../../oracles/slow-event.ts';
import { slowFeatures } from '../../oracles/slow-features.ts';
import { FeatureState } from '../../support/feature-state.ts';
import type { HistoryProperty } from '../../support/history-property.ts';
import { customerNames, END_SEC, history, questionKeys } from '../histories.ts';
import { type Act, erasureEvent, linkEvent } from '../identity-events.ts';
import { assertSameValues } from '../same-values.ts';
import { TWIN_PACKS, type TwinPack } from './twin-packs.ts';

const CUSTOMERS = 5;
const SHARDS = 4;
const NAMES = customerNames(CUSTOMERS);
/** Aliases that no event names, and ids that events are sent under. */
const IDS = ['phone:a', 'wecom:b', ...NAMES];
const RUNS = 150;
const RUNS_WITH_ERASURES = 100;

const at = fc.double({ min: 0, max: 1, noNaN: true });
const link: fc.Arbitrary<Act> = fc.record({
  at,
  subject: fc.constantFrom(...NAMES),
  alias: fc.constantFrom(...IDS),
});
const erasure: fc.Arbitrary<Act> = fc.record({
  at,
  subject: fc.constantFrom(...IDS),
  alias: fc.constant(undefined),
});

/** Who is who: ids that are one person now, and an erased id is somebody else from then on. */
class People {
  private readonly sets = new Map(IDS.map((id) => [id, new Set([id])]));
  private readonly lives = new Map(IDS.map((id) => [id, 0]));
  private readonly known = new Set<string>();
  /** Which lives are one person's, in the end. */
  private readonly persons = new Map<string, string>();

  /** The name of an id's present life. */
  lifeOf(id: string): string {
    return `${id}#${this.lives.get(id)}`;
  }

  /** Something names the id. */
  see(id: string): void {
    this.known.add(this.lifeOf(id));
  }

  isKnown(id: string): boolean {
    return this.known.has(this.lifeOf(id));
  }

  link(subject: string, alias: string): void {
    this.see(subject);
    this.see(alias);
    const union = new Set([...this.sets.get(subject)!, ...this.sets.get(alias)!]);
    for (const id of union) this.sets.set(id, union);
    const [from, to] = [this.personOf(this.lifeOf(alias)), this.personOf(this.lifeOf(subject))];
    if (from !== to) this.persons.set(from, to);
  }

  erase(subject: string): void {
    for (const id of this.sets.get(subject)!) {
      this.lives.set(id, this.lives.get(id)! + 1);
      this.sets.set(id, new Set([id]));
    }
  }

  personOf(life: string): string {
    const next = this.persons.get(life);
    return next === undefined ? life : this.personOf(next);
  }

  /** The id that stays: one without a scheme before one with, then the least. */
  ownIdOf(id: string): string {
    const rank = (one: string): string => `${one.includes(':') ? 1 : 0}${one}`;
    return [...this.sets.get(id)!].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0];
  }
}

/** Applies events, each act in its place among them. @returns the events with the lives of their customers, and the people */
const applyAll = (state: FeatureState, events: readonly SlowEvent[], acts: readonly Act[]) => {
  const people = new People();
  const pending = acts.map((act, number) => ({ act, number })).sort((a, b) => a.act.at - b.act.at);
  const lived: SlowEvent[] = [];
  const actNow = (): void => {
    const { act, number } = pending.shift()!;
    state.apply(act.alias === undefined ? erasureEvent(act.subject, number) : linkEvent(act, number));
    if (act.alias === undefined) people.erase(act.subject);
    else people.link(act.subject, act.alias);
  };
  for (const [i, event] of events.entries()) {
    while (pending.length > 0 && pending[0].act.at * events.length <= i) actNow();
    state.apply(event);
    people.see(event.customer);
    lived.push({ ...event, customer: people.lifeOf(event.customer) });
  }
  while (pending.length > 0) actNow();
  return { people, lived };
};

const propertiesOf = ({ pack, zoneOffsetSec }: TwinPack): HistoryProperty[] => {
  // What somebody's attribute was when an event came is decided by arrival; all other features by the events alone.
  const specs = pack.plan.features
    .map(({ spec }) => spec)
    .filter(({ by }) => ![by].flat().some((part) => part?.startsWith('attribute:')));
  const known = { minorDigits: pack.currency.minorDigits, items: pack.items, zoneOffsetSec };

  const asTwin = (acts: fc.Arbitrary<Act[]>): fc.IRawProperty<unknown> =>
    fc.property(history({ customers: CUSTOMERS, eventsMax: 60 }), acts, questionKeys, (arrivals, wanted, keys) => {
      const state = new FeatureState(pack.plan, SHARDS);
      const { people, lived } = applyAll(state, withoutDuplicates(arrivals), wanted);
      const all = lived.map((event) => ({ ...event, customer: people.personOf(event.customer) }));
      for (const id of IDS) {
        const customer = people.personOf(people.lifeOf(id));
        const question = { customer, sec: END_SEC, all, keys, ...known };
        assertSameValues(specs, state.read(id, END_SEC, keys), slowFeatures(specs, question));
        assert.equal(state.reader.profile(id)?.customerId, people.isKnown(id) ? people.ownIdOf(id) : undefined, id);
      }
    });

  return [
    {
      name: `${pack.name}: people behind many ids have the features of all their events, whenever the links came`,
      runs: RUNS,
      property: asTwin(fc.array(link, { maxLength: 6 })),
    },
    {
      name: `${pack.name}: an erased person is somebody new to later events, and groups do not see it`,
      runs: RUNS_WITH_ERASURES,
      property: asTwin(fc.array(fc.oneof(link, erasure), { maxLength: 8 })),
    },
  ];
};

/** Links and erasures before, between and after events, against the slow twin. */
export const LINKED_PEOPLE: readonly HistoryProperty[] = TWIN_PACKS.flatMap(propertiesOf);
