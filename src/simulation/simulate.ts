import { beBorn } from './birth.ts';
import { sendWaiting } from './contacts.ts';
import { liveDay } from './day.ts';
import { decideFor, isDue, type OnDecision } from './decisions.ts';
import { draw, PURPOSE } from './draws.ts';
import { Figures } from './figures.ts';
import { Ledger } from './ledger.ts';
import type { MarketFile } from './market-schema.ts';
import type { Policy } from './policy.ts';
import { Setting } from './setting.ts';
import { World } from './world.ts';

/** Where the events of a market go. */
export interface EventSink {
  /** One structured CloudEvent as JSON. */
  take(line: string): void;
  /** Called after each day of some people; awaited where it gives a promise. */
  endDay(): Promise<void> | undefined;
}

export interface SimulationPlan {
  readonly market: MarketFile;
  readonly customers: number;
  /** Of decisions, after the market's history. */
  readonly days: number;
  readonly seed: number;
  readonly policy: Policy;
  /** Undefined where nobody reads the events. */
  readonly sink?: EventSink;
  /**
   * Lives that are lived day by day together. All customers where events must come in the order of time; else few, so
   * that memory does not grow with their number and what is worked on stays near.
   */
  readonly together: number;
  readonly onDecision?: OnDecision;
  /** Called when the lives of some people are over. */
  readonly onLived?: (world: World) => void;
  /** Told days lived, of `customers × (history + days)`, and events. */
  readonly onProgress?: (lived: number, events: number) => void;
}

/** What came of a run. */
export interface Lived {
  readonly ledger: Ledger;
  readonly figures: Figures;
}

/** People whose lives are lived together where the order of time does not matter. */
export const TOGETHER = 1024;

/** Lives the lives of a market's customers. The same plan gives the same events, byte for byte. */
export const simulate = async (plan: SimulationPlan): Promise<Lived> => {
  const { market, customers, days, seed, sink } = plan;
  const setting = new Setting(market, seed, days);
  setting.topFifthSpent = spentOfTopFifth(market);
  const ledger = new Ledger();
  const figures = new Figures(setting);
  let lived = 0;
  for (let first = 0; first < customers; first += plan.together) {
    const count = Math.min(plan.together, customers - first);
    const world = new World(setting, first, count, sink === undefined, ledger, figures);
    for (let p = 0; p < count; p++) beBorn(world, p);
    for (let day = setting.firstDay; day < days; day++) {
      world.beginDay(day);
      const due: number[] = [];
      if (day >= 0) for (let p = 0; p < count; p++) if (isDue(world, p)) due.push(p);
      if (plan.policy.ask !== undefined && due.length > 0) await plan.policy.ask(world, due);
      for (const p of due) decideFor(world, p, plan.policy, plan.onDecision);
      for (let p = 0; p < count; p++) {
        sendWaiting(world, p);
        liveDay(world, p);
      }
      if (sink !== undefined) {
        for (const line of world.arrivals.nextDay()) sink.take(line);
        const ended = sink.endDay();
        if (ended !== undefined) await ended;
      }
      lived += count;
      plan.onProgress?.(lived, figures.events);
    }
    countLives(world);
    plan.onLived?.(world);
  }
  return { ledger, figures };
};

/** Times the mean time to a first order, after which a prospect who has not bought hardly ever will. */
const SETTLED = 4;

const countLives = ({ people, figures, setting }: World): void => {
  const { prospects, conversionDays } = setting.file.people;
  for (let p = 0; p < people.count; p++) {
    if (people.isBot[p] === 1) continue;
    const isProspect = draw(people.key[p], PURPOSE.firstOrder, 0) < prospects;
    const isSettled = people.joinDay[p] + SETTLED * conversionDays < setting.days;
    figures.addLife(people.orders[p], people.spent[p], isProspect && isSettled ? people.source[p] : -1);
  }
};

/** People of the pilot, and its seed: no run's. */
const PILOT_PEOPLE = 600;
const PILOT_SEED = 0x70696c6f;
const TOP_SHARE = 0.2;

/** What the top fifth of buyers have spent at least, as an operator would know it from his books: of people of a pilot. */
const spentOfTopFifth = (market: MarketFile): number => {
  const setting = new Setting(market, PILOT_SEED, 1);
  const world = new World(setting, 0, PILOT_PEOPLE, true, new Ledger(), new Figures(setting));
  for (let p = 0; p < PILOT_PEOPLE; p++) beBorn(world, p);
  for (let day = setting.firstDay; day < 0; day++) {
    world.beginDay(day);
    for (let p = 0; p < PILOT_PEOPLE; p++) liveDay(world, p);
  }
  const spent = [...world.people.spent].filter((money) => money > 0).sort((a, b) => b - a);
  return spent[Math.floor(spent.length * TOP_SHARE)] ?? Number.POSITIVE_INFINITY;
};
