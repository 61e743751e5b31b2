import { type LinearColumn, writeLinearBundle } from './linear-bundle.ts';
import { packFolder } from './pack-folder.ts';

const logit = (p: number): number => Math.log(p / (1 - p));
const column = (of: string, name: string, p: number): LinearColumn => ({ of, name, bias: logit(p) });

/** A pack that advises a coupon after one order, a gift after three, and to leave alone who has none. @returns the folder */
export const advisingPack = (more: Partial<Parameters<typeof packFolder>[0]> = {}): string => {
  const action = (actionId: string, value: number) => ({
    actionId,
    kind: 'sell',
    description: 'of a test',
    value,
    outcome: { event: 'order.placed', within: '7d' },
    channels: ['sms'],
    content: {},
  });
  const folder = packFolder({
    name: 'advising',
    features: [{ name: 'orders', kind: 'count', event: 'order.placed', unit: 'orders' }],
    actions: { actions: [action('coupon', 60), action('gift', 100)] },
    channels: { channels: [{ channel: 'sms', description: 'of a test', cost: 0.05 }] },
    campaigns: {
      campaigns: [
        { campaignId: 'loyal', audience: 'orders >= 3', actions: ['gift'] },
        { campaignId: 'welcome', audience: 'orders >= 1', actions: ['coupon'] },
      ],
    },
    ...more,
  });
  const columns = [
    column('action', 'buy.hold', 0.01),
    column('action', 'buy.coupon', 0.3),
    column('action', 'buy.gift', 0.3),
    column('channel', 'reach.sms', 0.5),
  ];
  writeLinearBundle(folder, { pack: 'advising', head: 'decision', features: ['orders'], columns });
  return folder;
};
