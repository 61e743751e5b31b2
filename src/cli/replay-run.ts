import { setTimeout as delay } from 'node:timers/promises';
import type { Event } from '../events/event.ts';
import type { Format } from './formats/format.ts';
import type { Tally } from './formats/tally.ts';
import type { TextFile } from './formats/text-file.ts';
import type { Progress } from './progress.ts';
import type { ReplaySink } from './replay-sink.ts';

interface ReplayPlan {
  readonly files: readonly TextFile[];
  readonly format: Format;
  /** Events from this time on are left out; Infinity for none. */
  readonly untilMs: number;
  /** Seconds of event time a second; undefined is as fast as it goes, in the order of the files. */
  readonly speed: number | undefined;
  readonly sink: ReplaySink;
  readonly tally: Tally;
  readonly progress: Progress;
}

/** Reads the files, one after another, and submits their events. A customer's events keep their order. */
export const runReplay = async (plan: ReplayPlan): Promise<void> => {
  const lanes = new Lanes(plan.sink, plan.tally);
  const bytesRead = (): number => plan.files.reduce((sum, file) => sum + file.bytesRead(), 0);
  if (plan.speed !== undefined) return paced(plan, lanes, plan.speed);
  for (const file of plan.files)
    for await (const events of plan.format(file, plan.tally)) {
      for (const event of events) {
        const full = wanted(event, plan) ? lanes.add(event) : undefined;
        // Awaiting every event would cost more than reading it.
        if (full !== undefined) await full;
      }
      plan.progress.update(bytesRead(), plan.tally.eventsMade);
    }
  await lanes.finish();
};

const wanted = (event: Event, { untilMs, tally }: ReplayPlan): boolean => {
  if (event.timeMs >= untilMs) {
    tally.eventsLeftOut++;
    return false;
  }
  tally.eventsMade++;
  return true;
};

/** Events that come due within this time go together. */
const TICK_MS = 20;

/** In the order of event time over all files, so these are held in memory. Events without a time go first. */
const paced = async (plan: ReplayPlan, lanes: Lanes, speed: number): Promise<void> => {
  const events: Event[] = [];
  for (const file of plan.files)
    for await (const piece of plan.format(file, plan.tally))
      for (const event of piece) if (wanted(event, plan)) events.push(event);
  const timeOf = (event: Event): number => (Number.isNaN(event.timeMs) ? Number.NEGATIVE_INFINITY : event.timeMs);
  events.sort((a, b) => (timeOf(a) === timeOf(b) ? 0 : timeOf(a) - timeOf(b)));
  const firstMs = events.find((event) => !Number.isNaN(event.timeMs))?.timeMs ?? 0;
  const startMs = performance.now();
  const bytes = plan.files.reduce((sum, file) => sum + file.bytes, 0);
  for (let i = 0; i < events.length; i++) {
    const waitMs = (timeOf(events[i]) - firstMs) / speed - (performance.now() - startMs);
    if (waitMs > TICK_MS) {
      await lanes.finish();
      plan.progress.update((bytes * i) / events.length, i);
      await wait(waitMs);
    }
    await lanes.add(events[i]);
  }
  await lanes.finish();
};

/** Timers end after 24.8 days at most; a gap in the files may be longer. */
const wait = async (ms: number): Promise<void> => {
  for (let left = ms; left > 0; left -= 2 ** 30) await delay(Math.min(left, 2 ** 30));
};

interface Lane {
  waiting: Event[];
  /** The call under way; it never rejects. */
  flight: Promise<void> | undefined;
}

/** As many sequences of calls as the sink bears; a customer always takes the same one. */
class Lanes {
  readonly #sink: ReplaySink;
  readonly #tally: Tally;
  readonly #lanes: Lane[];
  #failed: unknown;

  constructor(sink: ReplaySink, tally: Tally) {
    this.#sink = sink;
    this.#tally = tally;
    this.#lanes = Array.from({ length: sink.inFlightMax }, () => ({ waiting: [], flight: undefined }));
  }

  /** Resolves at once unless the event's lane is full and under way. @returns undefined where there is no need to wait. */
  add(event: Event): Promise<void> | undefined {
    const lane = this.#lanes[this.#lanes.length === 1 ? 0 : hash(event.subject) % this.#lanes.length];
    lane.waiting.push(event);
    return lane.waiting.length < this.#sink.batchEventsMax ? undefined : this.#send(lane);
  }

  /** Sends what waits and resolves when all of it is durable. */
  async finish(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => this.#send(lane)));
    await Promise.all(this.#lanes.map((lane) => lane.flight));
    if (this.#failed !== undefined) throw this.#failed;
  }

  async #send(lane: Lane): Promise<void> {
    await lane.flight;
    if (this.#failed !== undefined) throw this.#failed;
    const events = lane.waiting;
    if (events.length === 0) return;
    lane.waiting = [];
    lane.flight = this.#submit(events).catch((error: unknown) => {
      this.#failed ??= error;
    });
  }

  async #submit(events: readonly Event[]): Promise<void> {
    this.#tally.add(await this.#sink.submit(events));
  }
}

const hash = (text: string): number => {
  let h = 0;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, 31) + text.charCodeAt(i)) | 0;
  return h >>> 0;
};
