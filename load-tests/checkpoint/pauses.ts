/**
 * What a checkpoint costs those who ask and post: `node load-tests/checkpoint/pauses.ts [--customers 1000000] [--seconds 60]`. Scores
 * and events come in closed loops all the time, checkpoints one after another with as long a time between them. Exits with 1
 * where scores fall by more than a tenth, the writer is held for more than 10 ms, or the acknowledgements' p99 rises by more.
 * `--posters 1 --scorers 1` leaves the cores room, so that fewer wait for each other at any time.
 */

import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../src/app/config.ts';
import { openLocalState } from '../../src/app/local-state.ts';
import { startProgress } from '../../src/cli/progress.ts';
import { RecordWriter } from '../../src/events/record.ts';
import { cloudEvent } from '../../tests/support/cloud-event.ts';
import { startService } from '../../tests/support/service.ts';
import { tempFolder } from '../../tests/support/temp-folder.ts';
import { IO } from '../durability/io.ts';
import { withOwner } from '../durability/owner.ts';
import { printTable } from '../durability/table.ts';

const { values } = parseArgs({
  options: {
    customers: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '60' },
    posters: { type: 'string', default: '4' },
    scorers: { type: 'string', default: '8' },
  },
});
const CUSTOMERS = Number(values.customers);
const RUN_MS = Number(values.seconds) * 1000;
const GROUP_EVENTS = 5000;
const BATCH_EVENTS = 50;
const POSTERS = Number(values.posters);
const SCORERS = Number(values.scorers);
const LOOK_MS = 50;
const HOLD_MS_MAX = 10;
const FALL_MAX = 0.1;
const FIRST_MS = Date.UTC(2026, 0, 1);
/** Right after the last order: a month later everybody's triggers would fire first. */
const FILLED = new Date(FIRST_MS + CUSTOMERS).toISOString();

let random = 1;
const anybody = (): string => {
  random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
  return `C${random % CUSTOMERS}`;
};

/** A data directory in which everybody has an order; it ends with a checkpoint. */
const fill = async (dataDir: string): Promise<void> => {
  const config = loadConfig({ flags: { 'data-dir': dataDir, clock: 'log' }, environment: {}, folder: '.' });
  const state = await openLocalState(config);
  const records = new RecordWriter();
  const progress = startProgress(IO, 'filling', CUSTOMERS, 'customers');
  for (let i = 0; i < CUSTOMERS; i++) {
    const data = { orderId: `f${i}`, amount: 1 + (i % 100) };
    const timeMs = FIRST_MS + i;
    records.write({
      type: 'order.placed',
      source: 'fill',
      id: `f${i}`,
      subject: `C${i}`,
      timeMs,
      data,
      extensions: undefined,
    });
    if (records.count < GROUP_EVENTS && i < CUSTOMERS - 1) continue;
    await state.writer.commit([records.chunk()], undefined);
    records.reset();
    progress.update(i, i);
  }
  progress.stop();
  await state.close();
};

interface Answer {
  readonly sentMs: number;
  readonly ms: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: POSTERS + SCORERS });
const post = (address: string, path: string, type: string, body: string): Promise<Answer> => {
  const sentMs = performance.now();
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const call = request(`http://${address}${path}`, { method: 'POST', agent, headers }, (response) => {
      response.on('end', () =>
        (response.statusCode as number) < 300
          ? resolve({ sentMs, ms: performance.now() - sentMs })
          : reject(new Error(`${path} answered ${response.statusCode}`)),
      );
      response.resume();
    });
    call.on('error', reject);
    call.end(body);
  });
};

const quantile = (answers: readonly Answer[], part: number): number => {
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};

await withOwner(async (owner) => {
  const dataDir = join(tempFolder(owner), 'data');
  await fill(dataDir);
  const everyMs = RUN_MS / 5;
  const args = ['--checkpoint-every-events', '0', '--checkpoint-every-ms', String(everyMs), '--clock', 'log'];
  const service = await startService(owner, { dataDir, args });
  const acks: Answer[] = [];
  const scores: Answer[] = [];
  let isOver = false;
  let made = 0;
  const poster = async (): Promise<void> => {
    while (!isOver) {
      const events = Array.from({ length: BATCH_EVENTS }, () => {
        const number = made++;
        const data = { orderId: `p${number}`, amount: 1 + (number % 100) };
        return cloudEvent({ source: 'post', id: `p${number}`, subject: anybody(), time: FILLED, data });
      });
      acks.push(await post(service.http, '/v1/events', 'application/cloudevents-batch+json', JSON.stringify(events)));
    }
  };
  const scorer = async (): Promise<void> => {
    while (!isOver)
      scores.push(await post(service.http, '/v1/score', 'application/json', JSON.stringify({ customerId: anybody() })));
  };
  const spans: [number, number][] = [];
  const metrics = async (): Promise<string> => (await fetch(`http://${service.admin}/metrics`)).text();
  const metricOf =
    (text: string) =>
    (name: string): number =>
      Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  const look = async (): Promise<void> => {
    for (let seen = 0, sum = 0; !isOver; await delay(LOOK_MS)) {
      const metric = metricOf(await metrics());
      const count = metric('beckon_checkpoint_seconds_count');
      const total = metric('beckon_checkpoint_seconds_sum');
      const nowMs = performance.now();
      if (count > seen) spans.push([nowMs - (total - sum) * 1000 - LOOK_MS, nowMs]);
      seen = count;
      sum = total;
    }
  };
  const lanes = [...Array.from({ length: POSTERS }, poster), ...Array.from({ length: SCORERS }, scorer), look()];
  const startMs = performance.now();
  await delay(RUN_MS);
  isOver = true;
  await Promise.all(lanes);
  const runMs = performance.now() - startMs;
  const text = await metrics();
  const metric = metricOf(text);
  const held = metric('beckon_checkpoint_held_seconds_count');
  const heldMs = (metric('beckon_checkpoint_held_seconds_sum') * 1000) / held;
  // The least bound of the histogram below which all of them are.
  const bounds = [...text.matchAll(/^beckon_checkpoint_held_seconds_bucket{[^}]*le="([^"]+)"[^}]*} (\S+)$/gm)];
  const heldMsMax = Number(bounds.find(([, , count]) => Number(count) === held)?.[1]) * 1000;
  const isIn = ({ sentMs, ms }: Answer): boolean => spans.some(([from, to]) => sentMs + ms >= from && sentMs <= to);
  const insideMs = spans.reduce((total, [from, to]) => total + to - from, 0);
  const side = (of: (answer: Answer) => boolean, ms: number): (readonly [string, number])[] => [
    ['  seconds', ms / 1000],
    ['  scores a second', (scores.filter(of).length * 1000) / ms],
    ['  events a second', (acks.filter(of).length * BATCH_EVENTS * 1000) / ms],
    ['  acknowledgement p50 ms', quantile(acks.filter(of), 0.5)],
    ['  acknowledgement p99 ms', quantile(acks.filter(of), 0.99)],
    ['  acknowledgement p99.9 ms', quantile(acks.filter(of), 0.999)],
    ['  acknowledgement max ms', quantile(acks.filter(of), 1)],
    [
      '  acknowledgements above 10 ms, in 10,000',
      (acks.filter((ack) => of(ack) && ack.ms > 10).length * 10_000) / acks.filter(of).length,
    ],
  ];
  printTable([
    ['checkpoints', spans.length],
    ['MB each', metric('beckon_checkpoint_bytes_total') / 1e6 / spans.length],
    ['writer held ms, mean', heldMs],
    ['writer held ms, none more than', heldMsMax],
    ['while one is made', spans.length],
    ...side(isIn, insideMs),
    ['between', spans.length],
    ...side((answer) => !isIn(answer), runMs - insideMs),
  ]);
  agent.destroy();
  const between = (answer: Answer): boolean => !isIn(answer);
  const rate = (scores.filter(isIn).length / insideMs) * ((runMs - insideMs) / scores.filter(between).length);
  const riseMs = quantile(acks.filter(isIn), 0.99) - quantile(acks.filter(between), 0.99);
  if (rate < 1 - FALL_MAX || heldMsMax > HOLD_MS_MAX || riseMs > HOLD_MS_MAX) process.exitCode = 1;
});
