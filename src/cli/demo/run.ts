import { setTimeout as delay } from 'node:timers/promises';
import type { Decision } from '../../decisions/decision.ts';
import { loadMarket } from '../../simulation/market.ts';
import type { Policy } from '../../simulation/policy.ts';
import { type EventSink, simulate } from '../../simulation/simulate.ts';
import type { CommandIo } from '../command.ts';
import { startProgress } from '../progress.ts';
import { AdvisedPolicy } from '../simulation/advised-policy.ts';
import { UrlSink } from '../simulation/url-sink.ts';
import type { Show } from './show.ts';

export interface DemoPlan {
  readonly url: string;
  readonly customers: number;
  readonly days: number;
  readonly seed: number;
  /** A day of the market takes this long, ms. */
  readonly dayMs: number;
  readonly signal: AbortSignal;
}

/** What the demo came to. */
export interface DemoOutcome {
  readonly events: number;
  readonly decisions: number;
  readonly contacts: number;
}

/** Decisions shown between two rests: a timer for each would be slower than the market. */
const STEP_MS = 40;

/**
 * Lives a market whose every morning is asked of the service, and shows the answers through the day.
 * @param openShow called when the market's past is told and decisions begin
 */
export const runDemo = async (plan: DemoPlan, openShow: () => Show, io: CommandIo): Promise<DemoOutcome> => {
  const { url, customers, days, seed, signal } = plan;
  const market = loadMarket('plain');
  const outcome = { events: 0, decisions: 0, contacts: 0 };
  const sink = new CountedSink(url, signal);
  const past = startProgress(io, 'a year of the market goes by', customers * market.historyDays, 'events');
  let show: Show | undefined;
  const policy = new ShownPolicy(url, async (answers, startMs, decisionUs) => {
    past.stop();
    show ??= openShow();
    const day = { day: ++policy.mornings, days, startMs, events: sink.events, eventsPerSec: sink.perSec, decisionUs };
    show.begin(day, answers);
    const restEvery = Math.max(1, Math.ceil((answers.length * STEP_MS) / plan.dayMs));
    for (const [i, answer] of answers.entries()) {
      if (i % restEvery === 0) await delay(Math.min(STEP_MS, plan.dayMs), undefined, { signal });
      show.decision(answer);
      outcome.decisions++;
      if (!answer.decision.hold) outcome.contacts++;
    }
  });
  try {
    const onProgress = (lived: number, events: number): void => past.update(lived, events);
    await simulate({ market, customers, days, seed, policy, sink, together: customers, onProgress });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    past.stop();
    show?.end();
    outcome.events = sink.events;
  }
  return outcome;
};

type OnAnswers = (answers: readonly Decision[], startMs: number, decisionUs: number) => Promise<void>;

/** Does what the service advises, and shows it. */
class ShownPolicy implements Policy {
  readonly name = 'beckon';
  readonly isRecorded = false;
  mornings = 0;
  readonly decide: Policy['decide'];
  readonly ask: NonNullable<Policy['ask']>;

  constructor(url: string, onAnswers: OnAnswers) {
    const advised = new AdvisedPolicy(url);
    this.decide = advised.decide;
    this.ask = async (world, due) => {
      const beganMs = performance.now();
      await advised.ask(world, due);
      const decisionUs = ((performance.now() - beganMs) * 1000) / due.length;
      await onAnswers(advised.answers() as readonly Decision[], world.today.startMs, decisionUs);
    };
  }
}

/** The service, and how fast events go there. */
class CountedSink implements EventSink {
  perSec = 0;
  readonly #sink: UrlSink;
  readonly #signal: AbortSignal;

  constructor(url: string, signal: AbortSignal) {
    this.#sink = new UrlSink(url);
    this.#signal = signal;
  }

  get events(): number {
    return this.#sink.accepted;
  }

  take(line: string): void {
    this.#sink.take(line);
  }

  async endDay(): Promise<void> {
    this.#signal.throwIfAborted();
    const before = this.events;
    const beganMs = performance.now();
    await this.#sink.endDay();
    const sec = (performance.now() - beganMs) / 1000;
    if (this.events > before) this.perSec = (this.events - before) / sec;
  }
}
