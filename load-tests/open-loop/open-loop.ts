import { setTimeout as delay } from 'node:timers/promises';
import { curveOf, type LatencyCurve, latencyHistogram, recordMs } from './percentiles.ts';

/** Tells what is wrong with an answer; nothing where it is right. */
export type Done = (problem: string | undefined) => void;
/** Sends a request now. Each is answered or failed once. */
export type Send = (done: Done) => void;

/** Requests of one kind, with the times at which they are to go out. */
export interface Lane {
  readonly name: string;
  /** ms after the start, in order. */
  readonly planned: Float64Array;
  readonly send: Send;
}

/** What became of a lane. */
export interface LaneResult {
  readonly name: string;
  readonly planned: number;
  readonly answered: number;
  /** Sent more than 1 ms after their time, by the generator's own fault. */
  readonly late: number;
  /** Whether more than 5 % were late, or answers are missing: then the percentiles are not those that were asked for. */
  readonly isVoid: boolean;
  /** From the planned time to the answer. */
  readonly latency: LatencyCurve;
  readonly wrongCount: number;
  readonly wrong: readonly string[];
  readonly perSec: number;
}

const LATE_MS = 1;
const LATE_PART_MAX = 0.05;
const WRONG_SHOWN = 5;
/** After the last planned time; what is not answered by then is wrong. */
const DRAIN_MS_MAX = 10_000;

interface Running {
  readonly lane: Lane;
  readonly histogram: ReturnType<typeof latencyHistogram>;
  readonly wrong: string[];
  next: number;
  answered: number;
  late: number;
  wrongCount: number;
  endMs: number;
}

/**
 * Sends each request at its planned time, whatever became of those before, and measures from that time: a server that stands
 * still is asked on, and each of those who wait then counts. It looks at the clock without a pause, and takes a core for that.
 * @param onProgress requests answered so far, of all lanes
 */
export const runOpenLoop = async (
  lanes: readonly Lane[],
  onProgress: (answered: number) => void = () => {},
): Promise<LaneResult[]> => {
  const running = lanes.map(
    (lane): Running => ({
      lane,
      histogram: latencyHistogram(),
      wrong: [],
      next: 0,
      answered: 0,
      late: 0,
      wrongCount: 0,
      endMs: 0,
    }),
  );
  const startMs = performance.now();
  const { promise: sent, resolve } = Promise.withResolvers<void>();
  const turn = (): void => {
    let isOver = true;
    let answered = 0;
    for (const one of running) {
      sendDue(one, startMs);
      if (one.next < one.lane.planned.length) isOver = false;
      answered += one.answered;
    }
    onProgress(answered);
    if (isOver) resolve();
    else setImmediate(turn);
  };
  turn();
  await sent;
  const drainUntilMs = performance.now() + DRAIN_MS_MAX;
  while (running.some(({ answered, lane }) => answered < lane.planned.length) && performance.now() < drainUntilMs)
    await delay(1);
  return running.map(resultOf);
};

const sendDue = (one: Running, startMs: number): void => {
  const { planned, send } = one.lane;
  for (;;) {
    const nowMs = performance.now() - startMs;
    const plannedMs = planned[one.next];
    if (!(plannedMs <= nowMs)) return;
    one.next++;
    if (nowMs - plannedMs > LATE_MS) one.late++;
    send((problem) => {
      const endMs = performance.now() - startMs;
      one.answered++;
      one.endMs = endMs;
      recordMs(one.histogram, endMs - plannedMs);
      if (problem === undefined) return;
      one.wrongCount++;
      if (one.wrong.length < WRONG_SHOWN) one.wrong.push(problem);
    });
  }
};

const resultOf = ({ lane, histogram, wrong, answered, late, wrongCount, endMs }: Running): LaneResult => {
  const planned = lane.planned.length;
  const missing = planned - answered;
  return {
    name: lane.name,
    planned,
    answered,
    late,
    isVoid: late > planned * LATE_PART_MAX || missing > 0,
    latency: curveOf(histogram),
    wrongCount: wrongCount + missing,
    wrong: missing === 0 ? wrong : [`${missing} were not answered within ${DRAIN_MS_MAX} ms`, ...wrong],
    perSec: (answered * 1000) / Math.max(endMs, 1),
  };
};
