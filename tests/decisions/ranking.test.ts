import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeadOutputs } from '../../src/decisions/head-outputs.ts';
import { Question } from '../../src/decisions/question.ts';
import { Scorer } from '../../src/decisions/scorer.ts';
import type { LiveHead } from '../../src/inference/registry.ts';
import { compileChoices } from '../../src/packs/choices.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { slowRanking } from '../oracles/slow-ranking.ts';
import { packFolder } from '../support/pack-folder.ts';

const CHANNELS = ['ai_call', 'app_push', 'email', 'sms'] as const;
const IDS = ['aid', 'buy_one', 'hello', 'zeal'];
const EVENTS = ['order.placed', 'friend.added'];
/** Asked on a Wednesday at 10:20 in the business's time, UTC. */
const AT = Date.parse('2026-01-14T10:20:00Z');
const HOUR_MS = 3_600_000;

const money = fc.integer({ min: 0, max: 4000 }).map((cents) => cents / 100);
// Doubles drawn from 0 to 1 are nearly all tiny.
const probability = fc.integer({ min: 0, max: 100_000 }).map((parts) => parts / 100_000);
const terms = fc.array(
  fc.integer({ min: -20, max: 20 }).map((tenths) => tenths / 10),
  { minLength: 24, maxLength: 24 },
);
const flag = fc.boolean();

const action = fc.record({
  channels: fc.subarray([...CHANNELS], { minLength: 1 }),
  value: money,
  faceValue: fc.option(money, { nil: undefined }),
  percent: fc.integer({ min: -100, max: 100 }),
  event: fc.constantFrom(...EVENTS),
  isEligible: flag,
});
const channel = fc.record({
  cost: money.map((amount) => amount / 100),
  price: money.map((amount) => amount / 100),
  load: fc.integer({ min: 0, max: 5 }),
  isReachable: fc.boolean(),
  hours: fc.option(terms, { nil: undefined }),
  weekend: fc.option(terms, { nil: undefined }),
  own: fc.option(terms, { nil: undefined }),
  ownWeight: fc.constantFrom(undefined, 0, 0.5, 1),
  pull: fc.constantFrom(undefined, 0, 0.6, 1, 5.5),
});

test('the ranking is what the formula gives, candidate by candidate, over any outputs, costs, levers and hours', () => {
  fc.assert(
    fc.property(
      fc.tuple(...IDS.map(() => action)),
      fc.tuple(...CHANNELS.map(() => channel)),
      fc.array(fc.option(probability, { nil: undefined, freq: 8 }), { minLength: 12, maxLength: 12 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 167 }),
      (actions, channels, probabilities, limit, hour) => {
        const atMs = AT + hour * HOUR_MS;
        const folder = packFolder({
          features: CHANNELS.flatMap((name) => [
            { name: `can${name.replaceAll('_', '')}`, kind: 'count', event: 'order.placed', unit: 'n' },
            {
              ...{ name: `hours${name.replaceAll('_', '')}`, kind: 'hours', event: 'order.placed', bins: 'hour' },
              ...{ from: 0, to: 12, prior: { rate: 0.5, weight: 4 }, unit: 'n' },
            },
          ]),
          channels: {
            channels: channels.map(({ cost, price, load }, i) => ({
              channel: CHANNELS[i],
              cost,
              fatigue: { price, load },
              reach: `can${CHANNELS[i].replaceAll('_', '')} == 1`,
              hours: `hours${CHANNELS[i].replaceAll('_', '')}`,
            })),
          },
          actions: {
            actions: actions.map((one, i) => ({
              actionId: IDS[i],
              kind: 'sell',
              description: 'of a test',
              lever: one.percent,
              value: one.value,
              discount: one.faceValue !== undefined,
              outcome: { event: one.event, within: '7d' },
              eligibility: one.isEligible ? 'true' : 'false',
              channels: one.channels,
              content: { faceValue: one.faceValue },
            })),
          },
          campaigns: { campaigns: [{ campaignId: 'all' }] },
        });
        const names = [
          ...[...IDS, 'hold'].map((id) => ({ of: 'action', name: `buy.${id}` })),
          { of: 'action', name: 'base.friend.added' },
          { of: 'action', name: 'redeem' },
          ...CHANNELS.map((name) => ({ of: 'channel', name: `reach.${name}` })),
        ];
        const columns = names
          .map(({ of, name }, i) => {
            const ofChannel = i - names.length + CHANNELS.length;
            const { hours = new Array(24).fill(0), weekend, ownWeight, pull } = channels[Math.max(0, ofChannel)];
            const declared = { terms: hours, weekendTerms: weekend, own: ownWeight };
            return {
              of,
              name,
              means: '',
              kind: 'propensity',
              hours: ofChannel < 0 ? undefined : declared,
              pull: ofChannel < 0 ? undefined : pull,
              p: probabilities[i],
            };
          })
          .filter(({ p }) => p !== undefined);
        const pack = loadPack(folder);
        const outputs = new HeadOutputs([{ manifest: { head: 'decision', output: { columns } } }]);
        const hourFeatures = pack.channels.map(({ hours }) => hours as string);
        const scorer = new Scorer(compileChoices(pack, outputs.names), outputs, hourFeatures, 0);
        scorer.learn([{ session: { head: 'decision', columns } } as unknown as LiveHead]);
        const question = new Question({ features: 8, outputs: columns.length, schemes: 0, hourFeatures: 4 });
        question.request = { customerId: 'x', limit, atMs };
        question.atMs = atMs;
        for (const [i, { p }] of columns.entries()) question.outputs[i] = p as number;
        for (const [i, { isReachable, own }] of channels.entries()) {
          question.values[pack.featureNames.indexOf(`can${CHANNELS[i].replaceAll('_', '')}`)] = Number(isReachable);
          question.hasOwn[i] = Number(own !== undefined);
          question.ownTerms.set(own ?? new Array(24).fill(9), i * 24);
        }
        const expected = slowRanking({
          actions: actions.map((one, i) => ({ ...one, actionId: IDS[i] })),
          channels: channels.map((one, i) => ({
            ...one,
            channel: CHANNELS[i],
            termAhead(hours) {
              const then = new Date(atMs + hours * HOUR_MS);
              const isWeekend = [0, 6].includes(then.getUTCDay());
              const declared = one.hours === undefined ? new Array(24).fill(0) : one.hours;
              const day = isWeekend ? (one.weekend ?? declared) : declared;
              return day[then.getUTCHours()] + (one.ownWeight ?? 1) * (one.own?.[then.getUTCHours()] ?? 0);
            },
          })),
          outputs: new Map(columns.map(({ of, name, p }) => [`${of} ${name}`, p as number])),
        });
        const { ranked, decision } = scorer.score(question, new Date(atMs).toISOString());
        const shown = ranked.map(({ actionId, channel: over, expectedValue, sendAt }) => ({
          ...{ actionId, channel: over, expectedValue },
          delayHours: sendAt === undefined ? 0 : Math.ceil((Date.parse(sendAt) - atMs) / HOUR_MS),
        }));
        assert.deepEqual(
          shown,
          expected.slice(0, limit).map((one) => ({ ...one, channel: one.channel })),
        );
        for (const { terms: t, expectedValue } of ranked) {
          if (t === undefined) continue;
          const worth = t.reach * (t.respond * t.value - t.discount) * t.lever - t.cost - t.fatigue - t.budget;
          assert.ok(Math.abs(worth - expectedValue) < 0.00006, `${worth} is not ${expectedValue}`);
        }
        assert.equal(decision.actionId, ranked[0].actionId);
        assert.equal(decision.expectedValue, ranked[0].expectedValue);
      },
    ),
    { numRuns: 120 },
  );
});

test('what is worth nothing stands beside hold, by id', () => {
  const worthless = (actionId: string) => ({
    ...{ actionId, kind: 'care', description: 'of a test', value: 0, channels: ['sms'], content: {} },
    outcome: { event: 'friend.added', within: '7d' },
  });
  const pack = loadPack(
    packFolder({
      features: [{ name: 'orders', kind: 'count', event: 'order.placed', unit: 'n' }],
      channels: { channels: [{ channel: 'sms', cost: 0 }] },
      actions: { actions: [worthless('zeal'), worthless('aid')] },
      campaigns: { campaigns: [{ campaignId: 'all' }] },
    }),
  );
  const columns = ['action buy.aid', 'action buy.zeal', 'channel reach.sms'].map((key) => {
    const [of, name] = key.split(' ');
    return { of, name };
  });
  const outputs = new HeadOutputs([{ manifest: { head: 'decision', output: { columns } } }]);
  const scorer = new Scorer(compileChoices(pack, outputs.names), outputs, [], 0);
  const question = new Question({ features: 1, outputs: 3, schemes: 0, hourFeatures: 0 });
  question.request = { customerId: 'x', atMs: AT };
  question.atMs = AT;
  question.outputs.fill(0.5);
  const { ranked } = scorer.score(question, '');
  assert.deepEqual(
    ranked.map(({ actionId }) => actionId),
    ['aid', 'hold', 'zeal'],
  );
});
