/** The process that sends an open loop's requests. */
import { answerQuestions } from '../../bench/child-side.ts';
import { customersOf } from '../../bench/traffic/customers.ts';
import { type TrafficKind, trafficOf } from '../../bench/traffic/kinds.ts';
import { grpcSender } from './grpc-sender.ts';
import { httpSender } from './http-sender.ts';
import { type LaneResult, runOpenLoop } from './open-loop.ts';
import { plannedTimes, type Schedule } from './schedule.ts';

/** What goes to a server; plain data. */
export interface LaneLoad {
  readonly name: string;
  readonly protocol: 'http' | 'grpc';
  /** `http://host:port` */
  readonly url: string;
  readonly traffic: TrafficKind;
  readonly schedule: Schedule;
  /** Requests, not units in them. */
  readonly ratePerSec: number;
  /** False where the server replies the same to everybody. */
  readonly isChecked: boolean;
}

export interface OpenLoad {
  readonly lanes: readonly LaneLoad[];
  readonly durationMs: number;
  readonly seed: number;
}

const GRPC_SEED = 13;

/** In the run that is under way. */
let answered = 0;
/** One a kind for the life of this process, so that no event comes twice. */
const traffics = new Map<string, ReturnType<typeof trafficOf>>();

const senderOf = ({ protocol, url, traffic: kind, isChecked }: LaneLoad): ReturnType<typeof httpSender> => {
  if (protocol === 'grpc')
    return grpcSender(new URL(url).host, customersOf(kind.keys ?? 'each', kind.customers, GRPC_SEED), isChecked);
  const key = JSON.stringify(kind);
  const traffic = traffics.get(key) ?? trafficOf(kind);
  traffics.set(key, traffic);
  if (isChecked) return httpSender(url, traffic);
  const { path, contentType, unitsPerRequest } = traffic;
  const next = () => ({ body: traffic.next().body, problem: () => undefined });
  return httpSender(url, { path, contentType, unitsPerRequest, next });
};

const run = async ({ lanes, durationMs, seed }: OpenLoad): Promise<LaneResult[]> => {
  const senders = lanes.map(senderOf);
  const planned = lanes.map(({ schedule, ratePerSec }, i) => plannedTimes(schedule, ratePerSec, durationMs, seed + i));
  try {
    return await runOpenLoop(
      lanes.map(({ name }, i) => ({ name, planned: planned[i], send: senders[i].send })),
      (count) => {
        answered = count;
      },
    );
  } finally {
    for (const sender of senders) sender.close();
    answered = 0;
  }
};

answerQuestions({ run, progress: () => answered });
