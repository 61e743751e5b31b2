import type { Keys } from './customers.ts';
import { EventTraffic } from './event-traffic.ts';
import { type RowForm, RowTraffic } from './row-traffic.ts';
import { BatchTraffic, ScoreTraffic } from './score-traffic.ts';
import type { Traffic } from './traffic.ts';

/** What kind of requests; plain data, for it goes to the client's process. */
export interface TrafficKind {
  readonly kind: 'score' | 'batch' | 'events' | 'rows';
  readonly path: string;
  readonly customers: number;
  readonly perRequest: number;
  /** Of single scores; each once before any again where it is not said. */
  readonly keys?: Keys;
  /** Of `rows`: how they are asked for, and the folder of the model bundle whose features they are. */
  readonly rows?: { readonly form: RowForm; readonly bundle: string };
}

/** A service that is measured twice must not know the events of the first time. */
const RUN = Date.now().toString(36);
let made = 0;

export const trafficOf = ({ kind, path, customers, perRequest, keys, rows }: TrafficKind): Traffic => {
  if (rows !== undefined) return new RowTraffic(path, rows.form, rows.bundle, customers, perRequest);
  if (kind === 'score') return new ScoreTraffic(path, customers, keys);
  if (kind === 'batch') return new BatchTraffic(path, customers, perRequest);
  return new EventTraffic(path, customers, perRequest, `bench-${RUN}-${made++}`);
};
