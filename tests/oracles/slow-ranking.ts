/** A candidate as the slow twin works it out, one after the other and from the words of the design. */
export interface SlowCandidate {
  readonly actionId: string;
  readonly channel?: string;
  readonly delayHours: number;
  readonly expectedValue: number;
}

export interface SlowQuestion {
  readonly actions: readonly {
    readonly actionId: string;
    readonly channels: readonly string[];
    readonly value: number;
    /** Undefined: no discount. */
    readonly faceValue?: number;
    readonly percent: number;
    readonly event: string;
    readonly isEligible: boolean;
  }[];
  readonly channels: readonly {
    readonly channel: string;
    readonly cost: number;
    readonly price: number;
    readonly load: number;
    readonly isReachable: boolean;
    /** How much more those respond who are reached over it; undefined is 1. */
    readonly pull?: number;
    /** What an hour adds to the log-odds, by hours from now. */
    readonly termAhead: (hours: number) => number;
  }[];
  /** `head name` → probability; absent where no head says it. */
  readonly outputs: ReadonlyMap<string, number>;
}

const AHEAD = 48;
const WAIT = 0.01;
const fourDigits = (value: number): number => Math.round(value * 1e4) / 1e4;

const reachOf = (probability: number, term: number): number => {
  if (term === 0) return probability;
  const clipped = Math.min(1 - 1e-6, Math.max(1e-6, probability));
  const logOdds = Math.log(clipped / (1 - clipped)) + term;
  return 1 / (1 + Math.exp(-logOdds));
};

/** All candidates, the best first, hold among them; equal ones by id, then channel. */
export const slowRanking = ({ actions, channels, outputs }: SlowQuestion): SlowCandidate[] => {
  const list: SlowCandidate[] = [{ actionId: 'hold', delayHours: 0, expectedValue: 0 }];
  for (const action of actions)
    for (const { channel, cost, price, load, isReachable, termAhead, pull = 1 } of channels) {
      if (!isReachable || !action.isEligible || !action.channels.includes(channel)) continue;
      const reach = outputs.get(`channel reach.${channel}`);
      const bought = outputs.get(`action buy.${action.actionId}`);
      const isOrder = action.event === 'order.placed';
      const anyway = isOrder ? outputs.get('action buy.hold') : (outputs.get(`action base.${action.event}`) ?? 0);
      if (reach === undefined || bought === undefined || anyway === undefined) continue;
      let delayHours = 0;
      for (let hours = 1; hours < AHEAD; hours++)
        if (termAhead(hours) - WAIT * hours > termAhead(delayHours) - WAIT * delayHours + 1e-6) delayHours = hours;
      const caused = Math.min(1 - Math.min(bought, anyway), Math.max(0, bought - anyway) * pull);
      const redeem = outputs.get('action redeem') ?? 1;
      const terms = {
        reach: fourDigits(reachOf(reach, termAhead(delayHours))),
        respond: fourDigits(caused),
        value: fourDigits(action.value),
        discount:
          action.faceValue === undefined
            ? 0
            : fourDigits((Math.min(bought, anyway) + caused) * redeem * action.faceValue),
        lever: 1 + action.percent / 100,
        fatigue: fourDigits(price * load),
      };
      const { respond, value, discount, lever, fatigue } = terms;
      const expectedValue = fourDigits(terms.reach * (respond * value - discount) * lever - cost - fatigue);
      list.push({ actionId: action.actionId, channel, delayHours, expectedValue });
    }
  const by = ({ actionId, channel = '' }: SlowCandidate): string => `${actionId} ${channel}`;
  return list.sort((a, b) => b.expectedValue - a.expectedValue || (by(a) < by(b) ? -1 : 1));
};
