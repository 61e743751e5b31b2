import { fileURLToPath } from 'node:url';
import { credentials } from '@grpc/grpc-js';
import type { Bench } from '../../bench/bench.ts';
import type { Child } from '../../bench/child.ts';
import type { ThreadTimes } from '../../bench/cpu-time.ts';
import { customerIdOf } from '../../bench/orders.ts';
import type { TrafficKind } from '../../bench/traffic/kinds.ts';
import { ScoreResponse, ScoringServiceClient } from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';
import type { LaneLoad } from './client.ts';
import type { Canned } from './control-server.ts';
import type { Schedule } from './schedule.ts';

export type Protocol = LaneLoad['protocol'];

/** What is sent, before it is said to whom. */
export interface Lane {
  readonly name: string;
  readonly protocol: Protocol;
  readonly traffic: TrafficKind;
  readonly schedule: Schedule;
  readonly ratePerSec: number;
}

const NOTHING = { campaignId: undefined, context: undefined, limit: undefined, explain: undefined, at: undefined };
const EVENT_ANSWER = (events: number): string => `{"accepted":${events},"duplicates":0,"rejected":[]}`;

/** The service of a bench, and controls that reply what it does. */
export class Subject {
  private readonly bench: Bench;
  private readonly control: Child;

  constructor(bench: Bench) {
    this.bench = bench;
    this.control = bench.measuredChild(fileURLToPath(new URL('control-server.ts', import.meta.url)));
  }

  async threadsOfService(): Promise<() => ThreadTimes> {
    const service = await this.bench.service();
    return () => service.threadTimes();
  }

  threadsOfControl(): ThreadTimes {
    return this.control.threadTimes();
  }

  async atService(lane: Lane): Promise<LaneLoad> {
    const { url, grpc } = await this.bench.service();
    return { ...lane, url: lane.protocol === 'http' ? url : `http://${grpc}`, isChecked: true };
  }

  async atControl(lane: Lane): Promise<LaneLoad> {
    const url = await this.control.ask<string>('listen', await this.cannedOf(lane));
    return { ...lane, url, isChecked: false };
  }

  private async cannedOf({ protocol, traffic }: Lane): Promise<Canned> {
    const service = await this.bench.service();
    if (protocol === 'grpc') return { protocol, status: 200, reply: await grpcReply(service.grpc) };
    if (traffic.kind === 'events') return { protocol, status: 202, reply: EVENT_ANSWER(traffic.perRequest) };
    const reply = await service.ask<object>(traffic.path, { customerId: customerIdOf(0) });
    return { protocol, status: 200, reply: JSON.stringify(reply) };
  }

  /**
   * Requests a second that the service answers in a closed loop, and the part of a core that it takes for that.
   * @param connections of HTTP, or calls under way of gRPC
   */
  async maximum(
    { protocol, traffic }: Lane,
    connections: number,
    durationMs: number,
  ): Promise<{ readonly perSec: number; readonly busy: number }> {
    const service = await this.bench.service();
    const cpuSec = (): number => service.cpuSec();
    const { customers } = traffic;
    const load = (): ReturnType<Bench['load']> =>
      protocol === 'http'
        ? this.bench.load({ url: service.url, traffic, connections, durationMs }, cpuSec)
        : this.bench.loadGrpc(
            { address: service.grpc, kind: 'unary', customers, concurrency: connections, durationMs },
            cpuSec,
          );
    await load();
    const { work, wallSec, cpuSec: taken, wrong, wrongCount } = await load();
    if (wrongCount > 0) throw new Error(`${wrongCount} wrong answers: ${wrong.join('; ')}`);
    return { perSec: work / traffic.perRequest / wallSec, busy: taken / wallSec };
  }

  close(): Promise<void> {
    return this.control.stop();
  }
}

const grpcReply = (address: string): Promise<string> => {
  const client = new ScoringServiceClient(address, credentials.createInsecure());
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  client.score({ ...NOTHING, customerId: customerIdOf(0), channels: [], actions: [] }, (error, answer) => {
    client.close();
    if (error === null) resolve(Buffer.from(ScoreResponse.encode(answer).finish()).toString('base64'));
    else reject(error);
  });
  return promise;
};
