import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OwnHours } from '../../src/decisions/own-hours.ts';
import { Addresses, AliasReader, idsOfCold } from '../../src/features/addresses.ts';
import { HourCounts } from '../../src/features/hour-counts.ts';
import type { RowGuest } from '../../src/features/read.ts';
import { RowView } from '../../src/features/row.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { FeatureState } from '../support/feature-state.ts';
import { packFolder } from '../support/pack-folder.ts';

const HOURS = { kind: 'hours', bins: 'hour', from: 9, to: 18, prior: { rate: 0.3, weight: 4 }, unit: 'share' };
const ENDED = { event: 'call.ended' };
const ANSWERED = { event: 'call.ended', where: { disposition: 'answered_interested' } };
const WEIGHT = 4;
const pack = loadPack(
  packFolder({
    features: [
      { name: 'answers', ...HOURS, ...ANSWERED, of: ENDED },
      { name: 'activity', ...HOURS, event: 'product.viewed' },
      { name: 'lately', ...HOURS, event: 'product.viewed', halfLife: '30d' },
    ],
  }),
);
const START_MS = Date.parse('2024-03-04T00:00:00Z');

/** The terms of a customer's feature, undefined where there are none. */
const termsOf = (state: FeatureState, name: string, customer: string): number[] | undefined => {
  const feature = pack.plan.features.find(({ spec }) => spec.name === name);
  assert.ok(feature !== undefined);
  const own = new OwnHours(new HourCounts(pack.plan, feature));
  const terms = new Float64Array(26);
  let hasTerms = false;
  const guest: RowGuest = {
    visit(row) {
      hasTerms = own.read(row, terms, 1);
    },
  };
  state.reader.read(customer, 2e9, false, new Float64Array(3), {}, guest);
  assert.deepEqual([terms[0], terms[25]], [0, 0]);
  return hasTerms ? [...terms.subarray(1, 25)] : undefined;
};

const around = (bins: readonly number[], hour: number): number =>
  bins[(hour + 23) % 24] + 2 * bins[hour] + bins[(hour + 1) % 24];
const close = (found: readonly number[] | undefined, wanted: readonly number[]): void => {
  for (const [hour, term] of wanted.entries()) {
    const bounded = Math.min(3, Math.max(-3, term));
    assert.ok(Math.abs((found as number[])[hour] - bounded) < 1e-4, `hour ${hour}: ${found?.[hour]}, not ${bounded}`);
  }
};
const logit = (p: number): number => Math.log(p / (1 - p));

test('own hours are those of the formulas, from calls answered and from what people do', () => {
  const hour = fc.integer({ min: 0, max: 23 });
  const calls = fc.array(fc.record({ hour, isAnswered: fc.boolean() }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(calls, fc.array(hour, { minLength: 1, maxLength: 60 }), (called, viewed) => {
      const state = new FeatureState(pack.plan, 2);
      const tell = (type: string, at: number, i: number, data: object) =>
        state.apply({ customer: 'c', type, timeMs: START_MS + at * 3_600_000, hash: i, data: data as never } as never);
      for (const [i, { hour: at, isAnswered }] of called.entries()) {
        const disposition = isAnswered ? 'answered_interested' : 'no_answer';
        tell('call.ended', at, i, { callId: `${i}`, campaignId: 'x', disposition });
      }
      for (const [i, at] of viewed.entries()) tell('product.viewed', at, 100 + i, { sku: 'a' });
      const bins = (hours: readonly number[]) =>
        Array.from({ length: 24 }, (_, h) => hours.filter((one) => one === h).length);
      const hits = bins(called.filter(({ isAnswered }) => isAnswered).map(({ hour: at }) => at));
      const trials = bins(called.map(({ hour: at }) => at));
      const rate = (hits.reduce((a, b) => a + b) + WEIGHT * 0.3) / (called.length + WEIGHT);
      close(
        termsOf(state, 'answers', 'c'),
        hits.map(
          (_, h) => logit((around(hits, h) + 4 * WEIGHT * rate) / (around(trials, h) + 4 * WEIGHT)) - logit(rate),
        ),
      );
      const views = bins(viewed);
      close(
        termsOf(state, 'activity', 'c'),
        views.map((_, h) => Math.log((around(views, h) + WEIGHT) / ((4 * viewed.length) / 24 + WEIGHT))),
      );
    }),
    { numRuns: 60 },
  );
});

test('without anything seen there are no own hours; with a half-life the late ones weigh most', () => {
  const state = new FeatureState(pack.plan, 2);
  const tell = (at: number, i: number) =>
    state.apply({
      customer: 'c',
      type: 'product.viewed',
      timeMs: START_MS + at * 3_600_000,
      hash: i,
      data: { sku: 'a' },
    } as never);
  assert.equal(termsOf(state, 'answers', 'c'), undefined);
  assert.equal(termsOf(state, 'activity', 'never seen'), undefined);
  tell(9, 1);
  tell(24 * 60 + 20, 2);
  assert.equal(termsOf(state, 'answers', 'c'), undefined);
  const [activity, lately] = ['activity', 'lately'].map((name) => termsOf(state, name, 'c') as number[]);
  assert.equal(activity[9], activity[20]);
  assert.ok(lately[20] > lately[9] && lately[9] > lately[3]);
});

test('of a customer the smallest alias of each scheme is the address, whatever the order of links', () => {
  const links = ['phone:b', 'wecom:z', 'phone:a', 'phonebook:1', 'openid:q', 'phone:aa'];
  const reader = new AliasReader(['phone', 'app', 'openid']);
  fc.assert(
    fc.property(fc.shuffledSubarray(links), (linked) => {
      const state = new FeatureState(pack.plan, 4);
      for (const [i, alias] of linked.entries())
        state.apply({ customer: 'c', type: 'identity.linked', timeMs: START_MS, hash: i, data: { alias } } as never);
      const found = new Addresses(3);
      const guest: RowGuest = { visit: (_row, _sec, identities) => identities && reader.read(identities, found) };
      const smallest = (scheme: string) => linked.filter((one) => one.startsWith(`${scheme}:`)).sort()[0];
      const wanted = [smallest('phone'), undefined, smallest('openid')];
      const texts = () => [found.text(0), found.text(1), found.text(2)];
      const aliases = linked.map((alias) => Buffer.from(alias));
      reader.read(idsOfCold({ id: Buffer.from('c'), aliases, row: RowView.ofWords(0) }), found);
      assert.deepEqual(texts(), wanted);
      for (const id of ['c', ...linked]) {
        state.reader.read(id, 2e9, false, new Float64Array(3), {}, guest);
        if (linked.length === 0) continue;
        assert.deepEqual(texts(), wanted);
      }
    }),
    { numRuns: 60 },
  );
});
