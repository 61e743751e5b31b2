import type { Bench } from './bench.ts';
import type { EchoRoute } from './children/echo-server.ts';
import type { OpenRow } from './row.ts';
import type { TrafficKind } from './traffic/kinds.ts';

/** A row in which both sides are HTTP servers under the same load. */
export const openHttpRow = async (
  bench: Bench,
  traffic: TrafficKind,
  connections: number,
  echo: EchoRoute,
  notes: readonly string[],
): Promise<OpenRow> => {
  const service = await bench.service();
  const server = bench.measuredChild('echo-server.ts');
  const url = await server.ask<string>('listen', [echo]);
  const load = (at: string, durationMs: number, cpuSec: () => number) =>
    bench.load({ url: at, traffic, connections, durationMs }, cpuSec);
  return {
    notes: [`${connections} connections`, ...notes],
    ceiling: (durationMs) => load(url, durationMs, () => server.cpuSec()),
    product: (durationMs) => load(service.url, durationMs, () => service.cpuSec()),
    close: () => server.stop(),
  };
};
