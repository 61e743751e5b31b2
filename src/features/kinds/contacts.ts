import Type from 'typebox';
import { CHANNELS, type Channel, channelCode } from '../../events/channels.ts';
import { DURATION, durationSec } from '../duration.ts';
import type { EventFacts } from '../facts.ts';
import { fieldCode } from '../items.ts';
import type { FeatureSpec, Kind, PlanBuilder } from '../kind.ts';
import { NewestInputs } from '../newest-inputs.ts';
import { type Form, positionsOf, reading } from '../reading.ts';
import type { RowView } from '../row.ts';
import { compileSelector } from '../selector.ts';

interface ContactsSpec extends FeatureSpec {
  readonly last: number;
  readonly within: string;
  readonly channel?: Channel;
}

/** 1 January 2000: minutes from there fit into 25 bits until 2063. Earlier contacts are not kept. */
const BEGIN_MINUTE = 15_778_080;
const MINUTE_SHIFT = 7;
const CHANNEL_SHIFT = 3;
const CHANNEL_MASK = 0xf;
const STATE_MASK = 0x7;
const MINUTE_SEC = 60;
const CONTACT = fieldCode('contactId');
const CALL = fieldCode('callId');
const KEY = 'contacts';

/** What happened to a contact, by the event that says so; of one contact the greatest state holds. */
const STATES: readonly (readonly [type: string, state: number])[] = [
  ['contact.reserved', 1],
  ['contact.confirmed', 2],
  ['contact.sent', 2],
  ['call.ended', 2],
  ['contact.released', 3],
  ['contact.expired', 3],
];
const GIVEN_BACK = 3;

const SELECTOR = compileSelector({ events: STATES.map(([type]) => type) });
const stateByCode = new Map(STATES.map(([event, state]) => [compileSelector({ event }).typeCodes[0], state]));

/** Contacts without an id are told apart by what told their events apart. */
const hashOf = ({ values, tie }: EventFacts): number => values.hash(CONTACT) || values.hash(CALL) || tie;

/** The newest inputs about contacts: 2 words each (minute, channel and state; hash of the contact). */
const contactsCell = (size: number, plan: PlanBuilder): NewestInputs => {
  const offset = plan.cell(KEY, size * 2, (at) => {
    const inputs = new NewestInputs(at, size, 2);
    return {
      selector: SELECTOR,
      apply(row, facts) {
        const minute = Math.floor(facts.sec / MINUTE_SEC) - BEGIN_MINUTE;
        if (minute <= 0) return;
        const state = stateByCode.get(facts.typeCode) as number;
        const word = ((minute << MINUTE_SHIFT) | (facts.channel << CHANNEL_SHIFT) | state) >>> 0;
        inputs.add(row, word, hashOf(facts), 0);
      },
      merge: (into, from) => inputs.merge(into, from),
    };
  });
  return new NewestInputs(offset, size, 2);
};

interface Within {
  readonly inputs: NewestInputs;
  readonly size: number;
  readonly withinSec: number;
  /** Of the channel, or -1 for all. */
  readonly code: number;
}

/**
 * Contacts within a time by the whole minute, from the ring alone: those reserved, sent or called and not given back. Where
 * the ring is full and its oldest input lies within the time, more may have been there: then its size.
 */
const COUNTS: Form<Within> = (features) => {
  const positions = positionsOf(features);
  const [{ inputs, size }] = features;
  const isContact = new Uint8Array(size);
  return (row, { values, sec }) => {
    const n = inputs.count(row);
    for (let i = 0; i < n; i++) isContact[i] = Number(isCounted(inputs, row, i, n));
    for (let f = 0; f < positions.length; f++) {
      const { withinSec, code } = features[f];
      const since = Math.floor((sec - withinSec) / MINUTE_SEC) - BEGIN_MINUTE;
      let found = 0;
      let i = 0;
      for (; i < n && inputs.timeOf(row, i) >>> MINUTE_SHIFT > since; i++)
        if (code < 0 || ((inputs.timeOf(row, i) >>> CHANNEL_SHIFT) & CHANNEL_MASK) === code) found += isContact[i];
      values[positions[f]] = i === size ? size : found;
    }
  };
};

/** Whether an input is the first word of its contact within the ring, and none of its words gives the contact back. */
const isCounted = (inputs: NewestInputs, row: RowView, i: number, n: number): boolean => {
  const hash = inputs.keyOf(row, i);
  for (let j = 0; j < n; j++) {
    if (inputs.keyOf(row, j) !== hash) continue;
    if (j < i || (inputs.timeOf(row, j) & STATE_MASK) === GIVEN_BACK) return false;
  }
  return true;
};

/**
 * How many contacts went out within a time, over all channels or one, decided from the newest `last` inputs about contacts
 * that the row keeps. Where these do not reach back far enough the answer is `last`, the most that they can tell.
 * Sequence-bound: 2 words an input; all features share the longest ring.
 */
export const contacts: Kind = {
  name: 'contacts',
  schema: Type.Object({
    last: Type.Integer({ minimum: 1, maximum: 32 }),
    within: DURATION,
    channel: Type.Optional(Type.Union(CHANNELS.map((name) => Type.Literal(name)))),
  }),
  selects: false,
  exact: false,
  demand: (spec) => ({ key: KEY, size: (spec as ContactsSpec).last }),
  compile(spec, plan) {
    const { within, channel } = spec as ContactsSpec;
    const size = plan.demanded(KEY);
    const code = channel === undefined ? -1 : channelCode(channel);
    return reading(COUNTS, { inputs: contactsCell(size, plan), size, withinSec: durationSec(within), code });
  },
};
