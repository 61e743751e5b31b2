import { fileURLToPath } from 'node:url';
import type { Bench } from '../../bench/bench.ts';
import type { Keys } from '../../bench/traffic/customers.ts';
import type { Schedule } from './schedule.ts';
import { runSides, type SideResult, type SidesAsked } from './sides.ts';
import { type Lane, type Protocol, Subject } from './subject.ts';

/** What is to be measured. */
export interface Plan {
  readonly protocol: Protocol;
  readonly schedule: Schedule;
  readonly keys: Keys;
  /** Scores a second; undefined: `load` of what a closed loop reaches. */
  readonly ratePerSec: number | undefined;
  readonly load: number;
  /** Part of its own maximum of events in bodies of 100 that comes in meanwhile; 0 for none. */
  readonly ingest: number;
}

export type Timing = Pick<SidesAsked, 'pairs' | 'durationMs' | 'warmUpMs' | 'onProgress'>;

const CONNECTIONS = 64;
const INGEST_CONNECTIONS = 16;
const EVENTS_PER_BODY = 100;
const BURNER = fileURLToPath(new URL('burner.ts', import.meta.url));

/**
 * The canned control, then the service, in turns. While events come in there is a third side between them: the service without
 * events, beside a process that takes as much of its core as the events do.
 */
export const runPlan = async (bench: Bench, plan: Plan, timing: Timing): Promise<SideResult[]> => {
  const { protocol, schedule, keys, load, ingest } = plan;
  const { clientCore } = bench.placement;
  const { customers } = bench.size;
  const subject = new Subject(bench);
  const burner = ingest > 0 ? bench.measuredChild(BURNER) : undefined;
  try {
    const asked: Lane = {
      name: 'scores',
      protocol,
      schedule,
      traffic: { kind: 'score', path: '/v1/score', customers, perRequest: 1, keys },
      ratePerSec: 0,
    };
    const ratePerSec = plan.ratePerSec ?? load * (await subject.maximum(asked, CONNECTIONS, timing.warmUpMs)).perSec;
    const scores: Lane = { ...asked, ratePerSec };
    const control = {
      name: 'canned control',
      lanes: [await subject.atControl(scores)],
      threads: () => subject.threadsOfControl(),
    };
    const alone = await subject.atService(scores);
    const threads = await subject.threadsOfService();
    if (burner === undefined)
      return await runSides({ ...timing, clientCore, sides: [control, { name: 'service', lanes: [alone], threads }] });
    const events: Lane = {
      name: 'events',
      protocol: 'http',
      schedule: 'fixed',
      traffic: { kind: 'events', path: '/v1/events', customers, perRequest: EVENTS_PER_BODY },
      ratePerSec: 0,
    };
    const most = await subject.maximum(events, INGEST_CONNECTIONS, timing.warmUpMs);
    const bodies = await subject.atService({ ...events, ratePerSec: ingest * most.perSec });
    const part = Math.min(0.95, ingest * (Number.isNaN(most.busy) ? 1 : most.busy));
    const beside = (durationMs: number): Promise<unknown> => burner.ask('burn', { part, durationMs });
    const sides = [
      control,
      { name: `service, beside ${Math.round(part * 100)} % of its core`, lanes: [alone], threads, beside },
      { name: 'service while ingesting', lanes: [alone, bodies], threads },
    ];
    return await runSides({ ...timing, clientCore, sides });
  } finally {
    await burner?.stop();
    await subject.close();
  }
};
