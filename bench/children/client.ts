/** The client's process: loads a server with autocannon, closed loop, and looks at every answer. */
import autocannon, { type Client } from 'autocannon';
import { build } from 'hdr-histogram-js';
import { answerQuestions } from '../child-side.ts';
import { type TrafficKind, trafficOf } from '../traffic/kinds.ts';
import type { Asked, Traffic } from '../traffic/traffic.ts';

export interface Load {
  /** `http://host:port` */
  readonly url: string;
  readonly traffic: TrafficKind;
  readonly connections: number;
  readonly durationMs: number;
}

export interface LoadResult {
  readonly work: number;
  readonly wallSec: number;
  readonly clientCpuSec: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly checked: number;
  readonly wrong: readonly string[];
  readonly wrongCount: number;
}

/** Parts of autocannon's client that its types leave out; the package is pinned, and a wrong one fails the answers. */
interface OpenClient extends Client {
  getRequestBuffer(): Buffer;
  opts: { verifyBody: (body: string) => boolean };
}

const WRONG_SHOWN = 5;
/** autocannon gives a request up after 10 s. */
const LATENCY_US_MAX = 10_000_000;
/** One traffic a kind for the life of this process: no id of one run comes again in the next. */
const traffics = new Map<string, Traffic>();

const load = async ({ url, traffic: kind, connections, durationMs }: Load): Promise<LoadResult> => {
  const key = JSON.stringify([url, kind]);
  const traffic = traffics.get(key) ?? trafficOf(kind);
  traffics.set(key, traffic);
  const head = headOf(url, traffic);
  const wrong: string[] = [];
  // autocannon's own percentiles are whole milliseconds.
  const latencyUs = build({ highestTrackableValue: LATENCY_US_MAX, numberOfSignificantValueDigits: 3 });
  let answers = 0;
  let wrongCount = 0;

  const setupClient = (plain: Client): void => {
    const client = plain as OpenClient;
    let asked: Asked;
    let before: Asked;
    let sentMs = 0;
    // autocannon's own way, a function a request, puts the headers together anew each time and makes the client the
    // bottleneck.
    client.getRequestBuffer = () => {
      before = asked;
      asked = traffic.next();
      const request = Buffer.from(`${head}${Buffer.byteLength(asked.body)}\r\n\r\n${asked.body}`);
      sentMs = performance.now();
      return request;
    };
    client.on('response', () => latencyUs.recordValue(Math.round((performance.now() - sentMs) * 1000)));
    // Called when the next request is out already.
    client.opts.verifyBody = (body) => {
      answers++;
      const problem = before.problem(body);
      if (problem === undefined) return true;
      wrongCount++;
      if (wrong.length < WRONG_SHOWN) wrong.push(problem);
      return false;
    };
  };

  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  // The samples decide how exactly a run ends on time.
  const options = { url, connections, pipelining: 1, duration: durationMs / 1000, sampleInt: 50, setupClient };
  const result = await autocannon(options);
  const wallSec = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(startCpu);
  const failed = result.errors + result.timeouts + result.non2xx;
  if (failed > 0) wrong.unshift(`${result.non2xx} answers were not 2xx, ${result.errors} requests failed`);
  return {
    work: answers * traffic.unitsPerRequest,
    wallSec,
    clientCpuSec: (user + system) / 1e6,
    latencyMs: { p50: latencyUs.getValueAtPercentile(50) / 1000, p99: latencyUs.getValueAtPercentile(99) / 1000 },
    checked: answers,
    wrong,
    wrongCount: wrongCount + failed,
  };
};

const headOf = (url: string, { path, contentType }: Traffic): string =>
  `POST ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\nConnection: keep-alive\r\n` +
  `Content-Type: ${contentType}\r\nContent-Length: `;

answerQuestions({ load });
