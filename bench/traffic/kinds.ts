import { EventTraffic } from './event-traffic.ts';
import { BatchTraffic, ScoreTraffic } from './score-traffic.ts';
import type { Traffic } from './traffic.ts';

/** What kind of requests; plain data, for it goes to the client's process. */
export interface TrafficKind {
  readonly kind: 'score' | 'batch' | 'events';
  readonly path: string;
  readonly customers: number;
  readonly perRequest: number;
}

let made = 0;

export const trafficOf = ({ kind, path, customers, perRequest }: TrafficKind): Traffic => {
  if (kind === 'score') return new ScoreTraffic(path, customers);
  if (kind === 'batch') return new BatchTraffic(path, customers, perRequest);
  return new EventTraffic(path, customers, perRequest, `bench-${made++}`);
};
