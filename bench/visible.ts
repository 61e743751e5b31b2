import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { at, curveOf, type LatencyCurve, latencyHistogram, recordMs } from '../load-tests/open-loop/percentiles.ts';
import { todayMs } from './orders.ts';
import type { Size } from './size.ts';

/** How long after its acknowledgement an event shows in a score. */
export interface VisibleResult {
  readonly events: number;
  /** Those that the first score after the acknowledgement showed. */
  readonly atOnce: number;
  /** ms from the acknowledgement to the answer of the first score that shows it: at least the time of one score. */
  readonly latency: LatencyCurve;
}

const EVENTS_MAX = 2000;
/** An event that does not show by then is lost. */
const SHOWN_MS_MAX = 5000;

/** Whom to ask, and how long. */
export interface Asked {
  service(): Promise<{ readonly url: string }>;
  readonly size: Pick<Size, 'sampleMs'>;
}

/** Posts the first order of new customers, one by one, and asks for their scores until they are known. */
export const measureVisible = async (bench: Asked): Promise<VisibleResult> => {
  const { url } = await bench.service();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = (path: string, type: string, body: string): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const asked = request(`${url}${path}`, { method: 'POST', agent, headers }, (answer) => {
      text(answer).then((read) => {
        if ((answer.statusCode as number) < 300) resolve(read);
        else reject(new Error(`${path} answered ${answer.statusCode}: ${read.slice(0, 160)}`));
      }, reject);
    });
    asked.on('error', reject);
    asked.end(body);
    return promise;
  };
  const histogram = latencyHistogram();
  const run = Date.now().toString(36);
  const time = new Date(todayMs()).toISOString();
  let events = 0;
  let atOnce = 0;
  try {
    for (const endMs = performance.now() + bench.size.sampleMs; events < EVENTS_MAX && performance.now() < endMs; ) {
      const customerId = `V${run}-${events}`;
      const order = `{"specversion":"1.0","type":"order.placed","source":"/bench/visible","id":"${customerId}","subject":"${customerId}","time":"${time}","data":{"orderId":"${customerId}","amount":10}}`;
      await post('/v1/events', 'application/cloudevents+json', order);
      const acknowledgedMs = performance.now();
      for (let asked = 1; ; asked++) {
        const score = await post('/v1/score', 'application/json', `{"customerId":"${customerId}"}`);
        const passedMs = performance.now() - acknowledgedMs;
        if (score.includes(`"customerId":"${customerId}","known":true`)) {
          if (asked === 1) atOnce++;
          recordMs(histogram, passedMs);
          break;
        }
        if (passedMs > SHOWN_MS_MAX)
          throw new Error(`an acknowledged event does not show in a score: ${score.slice(0, 160)}`);
      }
      events++;
    }
  } finally {
    agent.destroy();
  }
  return { events, atOnce, latency: curveOf(histogram) };
};

/** For terminal and page. */
export const visibleText = ({ events, atOnce, latency }: VisibleResult): string =>
  `event acknowledged → visible in a score: p50 ${at(latency, 50).toFixed(2)} ms, p99 ${at(latency, 99).toFixed(2)} ms, the score included; ` +
  `${atOnce} of ${events} in the first score (bar: p99 at most 20 ms)`;
