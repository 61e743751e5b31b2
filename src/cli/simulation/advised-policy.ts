import { formatTime, parseTime } from '../../base/clock.ts';
import type { Policy } from '../../simulation/policy.ts';
import { actionIndex, bitOf } from '../../simulation/words.ts';
import type { World } from '../../simulation/world.ts';
import { askService } from '../ask-service.ts';

/** Customers of one question: their ids fit into a body many times over. */
const CUSTOMERS_PER_QUESTION = 2000;
const CALL_LIST = 'call-list';
const ADVICE_HOURS_MAX = 48;
const PROMOTION = bitOf('promotion');
const LIVE_DAY = bitOf('liveDay');
const UNHAPPY = bitOf('unhappy');

/** The part of an answer that is acted upon. */
interface Advice {
  readonly decisionId?: string;
  readonly decision?: {
    readonly actionId?: string;
    readonly channel?: string;
    readonly sendAt?: string;
    readonly hold?: boolean;
    readonly campaignId?: string;
  };
}

/**
 * What the shop runs today: a promotion is announced while there is one, a live session on its days. That is the
 * shop's to know and to say, as a campaign engine says which actions it asks about.
 */
const runningToday = ({ today, truth }: World): string[] =>
  truth.actions
    .filter(({ needsBits }) => (needsBits & PROMOTION) === 0 || today.promotion > 1)
    .filter(({ needsBits }) => (needsBits & LIVE_DAY) === 0 || today.isLiveDay)
    .map(({ id }) => id);

/** Asks a running service every morning and sends what it advises, when it advises. */
export class AdvisedPolicy implements Policy {
  readonly name = 'beckon';
  readonly isRecorded = false;
  /** Advice that names no action or channel of the market: taken as hold. */
  unknown = 0;
  /** Advice that the market does not allow for this person today, as no rival may: taken as hold. */
  unfit = 0;
  private readonly url: string;
  private advice = new Map<number, Advice>();

  constructor(url: string) {
    this.url = url;
  }

  readonly ask: NonNullable<Policy['ask']> = async (world, due) => {
    this.advice = new Map();
    const at = formatTime(world.today.startMs);
    const actions = runningToday(world);
    for (let from = 0; from < due.length; from += CUSTOMERS_PER_QUESTION) {
      const asked = due.slice(from, from + CUSTOMERS_PER_QUESTION);
      const results = await this.question({ customerIds: asked.map((p) => world.idOf(p)), at, actions });
      for (const [i, p] of asked.entries()) this.advice.set(p, results[i]);
    }
  };

  /** The answers of this morning. */
  answers(): readonly Advice[] {
    return [...this.advice.values()];
  }

  readonly decide: Policy['decide'] = (world, p, bits, _candidates, choice) => {
    const { decisionId, decision } = this.advice.get(p) ?? {};
    choice.hold();
    choice.decisionId = decisionId;
    if (decision === undefined || decision === null || decision.hold === true || decision.actionId === 'hold') return;
    const action = actionIndex(decision.actionId ?? '');
    const channel = world.truth.channels.findIndex(({ name }) => name === decision.channel);
    if (action < 0 || channel < 0) {
      this.unknown++;
      return;
    }
    const { needsBits, kind } = world.truth.actions[action];
    if ((bits & needsBits) !== needsBits || (kind === 'sell' && (bits & UNHAPPY) !== 0)) {
      this.unfit++;
      return;
    }
    const startMs = world.today.startMs;
    const sendMs = decision.sendAt === undefined ? startMs : parseTime(decision.sendAt);
    const latestMs = startMs + ADVICE_HOURS_MAX * 3_600_000 - 1;
    choice.contact(action, channel, Math.min(latestMs, Math.max(startMs, Number.isNaN(sendMs) ? startMs : sendMs)));
    choice.isCallList = decision.campaignId === CALL_LIST;
  };

  /** @throws BeckonError as {@link askService} */
  private async question(body: object): Promise<readonly Advice[]> {
    return ((await askService(this.url, 'v1/score/batch', body)) as { results: Advice[] }).results;
  }
}
