import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileChoices } from '../../src/packs/choices.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { packFolder } from '../support/pack-folder.ts';

const FEATURES = [
  { name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' },
  { name: 'canMail', kind: 'consent', channel: 'email', unit: 'flag' },
];
const CHANNEL = { channel: 'email', cost: 0.1, reach: 'alias("email")', address: 'email', consent: 'canMail' };
const ACTION = {
  actionId: 'thanks',
  kind: 'care',
  description: 'says thanks',
  value: '2 * orders',
  outcome: { event: 'order.placed', within: '7d' },
  channels: ['email'],
  content: { offer: 'thanks' },
};

const choicesOf = (
  actions: Record<string, unknown>,
  channels: Record<string, unknown> = { channels: [CHANNEL] },
  campaigns: Record<string, unknown> = { campaigns: [{ campaignId: 'all' }] },
) => compileChoices(loadPack(packFolder({ features: FEATURES, actions, channels, campaigns })), ['buy.thanks']);

const whyNot = (...files: Parameters<typeof choicesOf>): string => {
  try {
    choicesOf(...files);
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
};

test('what a pack declares is compiled, by id, and says which features it reads', () => {
  const second = { ...ACTION, actionId: 'also', channels: ['sms'] };
  const channels = { channels: [{ channel: 'sms', cost: 1 }, CHANNEL] };
  const campaigns = {
    campaigns: [
      { campaignId: 'b', actions: ['also'] },
      { campaignId: 'a', channels: ['email'] },
    ],
  };
  const choices = choicesOf({ actions: [ACTION, second] }, channels, campaigns);
  assert.deepEqual(
    choices.actions.map(({ actionId }) => actionId),
    ['also', 'thanks'],
  );
  assert.deepEqual(
    choices.channels.map(({ channel }) => channel),
    ['email', 'sms'],
  );
  // also × email, also × sms, thanks × email, thanks × sms
  assert.deepEqual(
    choices.campaigns.map(({ campaignId, pairs }) => `${campaignId} ${pairs.join('')}`),
    ['a 0010', 'b 0100'],
  );
  assert.deepEqual([...choices.features].sort(), ['canMail', 'orders']);
  assert.deepEqual(choices.schemes, ['email']);
});

test('levers are percent and add up', () => {
  const levers = { issues: { growth: 20 }, groups: { first: -5 } };
  const [action] = choicesOf({ levers, actions: [{ ...ACTION, issue: 'growth', group: 'first', lever: 10 }] }).actions;
  assert.equal(action.leverFactor, 1.25);
});

test('what cannot be used is said in the words of its writer', () => {
  const wrong = (change: Record<string, unknown>): string => whyNot({ actions: [{ ...ACTION, ...change }] });
  const named = 'actions.yaml: action `thanks`: ';
  assert.equal(whyNot({ actions: [ACTION, ACTION] }), `${named}is declared twice`);
  assert.match(whyNot({ actions: [{ ...ACTION, actionId: 'hold' }] }), /`hold`: it is always there/);
  assert.equal(
    wrong({ value: 'order * 2' }),
    `${named}value: there is no feature or output \`order\`, did you mean \`orders\`?`,
  );
  assert.equal(wrong({ eligibility: 'orders + 1' }), `${named}eligibility: must be true or false, and is a number`);
  assert.equal(
    wrong({ outcome: { event: 'order.place', within: '7d' } }),
    `${named}unknown event \`order.place\`, did you mean \`order.placed\`?`,
  );
  assert.equal(wrong({ channels: ['sms'] }), `${named}channels.yaml has no channel \`sms\``);
  assert.equal(wrong({ discount: true }), `${named}a discount needs \`content.faceValue\``);
  assert.equal(wrong({ issue: 'growth' }), `${named}\`levers.issues\` has no \`growth\``);
  assert.equal(wrong({ content: { sku: { cel: 'orders' } } }), `${named}content.sku: must be a text, and is a number`);
  assert.match(wrong({ content: { ofer: 'x' } }), /unknown key "ofer"; did you mean "offer"\?$/);
  assert.match(wrong({ kind: 'sel' }), /kind must be one of "sell", "care", "relate"$/);
  const channel = (change: Record<string, unknown>): string =>
    whyNot({ actions: [] }, { channels: [{ ...CHANNEL, ...change }] });
  assert.equal(
    channel({ consent: 'canMai' }),
    'channels.yaml: channel `email`: consent: there is no feature `canMai`, did you mean `canMail`?',
  );
  assert.equal(
    channel({ hours: 'orders' }),
    'channels.yaml: channel `email`: hours: feature `orders` must be of the kind hours with `bins: hour`',
  );
  assert.match(channel({ channel: 'emial' }), /did you mean "email"\?$/);
  const campaign = (change: Record<string, unknown>): string =>
    whyNot({ actions: [ACTION] }, undefined, { campaigns: [{ campaignId: 'all', ...change }] });
  assert.equal(
    campaign({ actions: ['thank'] }),
    'campaigns.yaml: campaign `all`: there is no action `thank`, did you mean `thanks`?',
  );
  assert.equal(campaign({ channels: ['sms'] }), 'campaigns.yaml: campaign `all`: there is no channel `sms`');
  assert.match(campaign({ audience: 'orders >' }), /^campaigns.yaml: campaign `all`: audience: is no rule of CEL/);
});

test('the retail pack can be used: twelve actions, eight channels, two campaigns', () => {
  const pack = loadPack(new URL('../../models/retail', import.meta.url).pathname);
  const { actions, channels, campaigns } = compileChoices(pack, []);
  assert.equal(actions.length, 12);
  assert.equal(channels.length, 8);
  assert.deepEqual(
    campaigns.map(({ campaignId }) => campaignId),
    ['always-on', 'call-list'],
  );
});
