import type { Bench } from '../bench.ts';
import type { EchoRoute } from '../children/echo-server.ts';
import type { Sample } from '../sample.ts';
import { type TrafficKind, trafficOf } from '../traffic/kinds.ts';
import { PEERS_HEAD } from './model.ts';
import type { Peer, RunningPeer } from './peer.ts';

/** A side under one kind of load: medians. Times are of CPU where the name does not say otherwise. */
export interface Measured {
  readonly perSec: number;
  readonly cpuMsPerRequest: number;
  readonly p50Ms: number;
}

/** What runs beside a peer in the same minutes. */
export type SideName = 'echo' | 'peer' | 'decision' | 'tensor' | 'ids';

/**
 * `echo`: Fastify that parses the same bodies and replies what the peer did. Of Beckon: `decision`, the whole decision by customer
 * id; `tensor` and `ids`, the model alone through `/v2`, by features and by customer id.
 */
export type Sides = Readonly<Record<SideName, Measured>>;

export interface PeerResult {
  readonly name: string;
  /** One row or customer a request, 64 connections. */
  readonly one: Sides;
  /** The same over one connection. */
  readonly alone: Pick<Sides, 'echo' | 'peer' | 'decision'>;
  /** 1,000 a request, 4 connections. */
  readonly many: Sides;
  readonly startSec: number;
  readonly residentMb: number;
}

type Load = (durationMs: number) => Promise<Sample>;

const MANY = 1000;
const ALL: readonly SideName[] = ['echo', 'peer', 'decision', 'tensor', 'ids'];
const INFER = `/v2/models/${PEERS_HEAD}/infer`;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Runs the loads in turns. @throws Error where an answer is wrong */
const inTurns = async <Name extends SideName>(
  bench: Bench,
  loads: Readonly<Record<SideName, Load>>,
  names: readonly Name[],
  perRequest: number,
) => {
  const { pairs, sampleMs, warmUpMs } = bench.size;
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
  for (let pair = -1; pair < pairs; pair++)
    for (const name of names) {
      const sample = await loads[name](pair < 0 ? warmUpMs : sampleMs);
      if (sample.wrongCount > 0)
        throw new Error(`${name}: ${sample.wrongCount} wrong answers: ${sample.wrong.join('; ')}`);
      if (pair >= 0) samples[name].push(sample);
    }
  const measured = names.map((name): [Name, Measured] => {
    const over = (of: (sample: Sample) => number): number => median(samples[name].map(of));
    return [
      name,
      {
        perSec: over(({ work, wallSec }) => work / wallSec),
        cpuMsPerRequest: over(({ work, cpuSec }) => (cpuSec * 1000 * perRequest) / work),
        p50Ms: over(({ latencyMs }) => latencyMs?.p50 ?? Number.NaN),
      },
    ];
  });
  return Object.fromEntries(measured) as Record<Name, Measured>;
};

/** The peer, an echo that replies what the peer replied, and the service, with one row and with a thousand. */
export const measurePeer = async (
  bench: Bench,
  peer: Peer,
  running: RunningPeer,
  bundle: string,
  say: (line: string) => void,
): Promise<PeerResult> => {
  const service = await bench.service();
  const { customers } = bench.size;
  const rowsOf = (path: string, form: Peer['form'], perRequest: number): TrafficKind => ({
    kind: 'rows',
    path,
    customers,
    perRequest,
    rows: { form, bundle },
  });
  const to = (target: { readonly url: string; cpuSec(): number }, traffic: TrafficKind, connections: number): Load => {
    const { url } = target;
    return (durationMs) => bench.load({ url, traffic, connections, durationMs }, () => target.cpuSec());
  };
  const sides = async <Name extends SideName>(
    perRequest: number,
    connections: number,
    names: readonly Name[],
  ): Promise<Record<Name, Measured>> => {
    say(`${peer.name}, ${perRequest} a request, ${connections} connections`);
    const echo = await echoOf(bench, peer, running, rowsOf(peer.path, peer.form, perRequest));
    const decisions: TrafficKind =
      perRequest === 1
        ? { kind: 'score', path: '/v1/score', customers, perRequest }
        : { kind: 'batch', path: '/v1/score/batch', customers, perRequest };
    const traffic = rowsOf(peer.path, peer.form, perRequest);
    const loads: Record<SideName, Load> = {
      echo: to(echo, traffic, connections),
      peer: to(running, traffic, connections),
      decision: to(service, decisions, connections),
      tensor: to(service, rowsOf(INFER, 'tensor', perRequest), connections),
      ids: to(service, rowsOf(INFER, 'ids', perRequest), connections),
    };
    try {
      return await inTurns(bench, loads, names, perRequest);
    } finally {
      await echo.stop();
    }
  };
  const one = await sides(1, 64, ALL);
  const alone = await sides(1, 1, ['echo', 'peer', 'decision']);
  const many = await sides(MANY, 4, ALL);
  const residentMb = running.residentBytes() / 2 ** 20;
  return { name: peer.name, one, alone, many, startSec: running.startSec, residentMb };
};

/** Fastify that parses the same bodies and replies what the peer has replied to one of them. */
const echoOf = async (bench: Bench, { path }: Peer, running: RunningPeer, traffic: TrafficKind) => {
  const { body } = trafficOf(traffic).next();
  const answer = await fetch(running.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 160)}`);
  const child = bench.measuredChild('echo-server.ts');
  const any = { type: 'object', additionalProperties: true };
  const route: EchoRoute = { path, status: 200, request: any, response: any, reply: JSON.parse(text), echo: 'nothing' };
  const url = await child.ask<string>('listen', [route]);
  return { url, cpuSec: () => child.cpuSec(), stop: () => child.stop() };
};
