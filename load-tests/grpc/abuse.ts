import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { scoreBytes } from '../../tests/grpc/abuse.ts';
import { framed, RawCall, rawSession } from '../../tests/grpc/raw-call.ts';
import { startService } from '../../tests/support/service.ts';
import { withOwner } from '../durability/owner.ts';

/**
 * A healthy client at a steady rate: alone, with a process of bad ones at another service on the same machine, and with them at its
 * own, in turns. Its p99 from the planned time of each question, and the memory of its service. Where the three share two cores,
 * the second says what the bad ones take of the machine, and the third what they take of the service.
 * `node load-tests/grpc/abuse.ts --pairs 5 --seconds 5 --rate 200 --abuse 5`: 5 of each of the 8 kinds a second, or with
 * `--only KIND` of one.
 */
const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '200' },
    abuse: { type: 'string', default: '5' },
    only: { type: 'string' },
  },
});
const [pairs, seconds, rate] = [values.pairs, values.seconds, values.rate].map(Number);
const PAGE_BYTES = 4096;
const MIB = 2 ** 20;
const RATIO_MAX = 2;

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

const failures = await withOwner(async (owner) => {
  const service = await startService(owner);
  const session = rawSession(owner, service.grpc);
  const other = await startService(owner);
  const abuserOf = (address: string): ChildProcess => {
    const only = values.only === undefined ? [] : [values.only];
    const abuser = fork(new URL('./abuser.ts', import.meta.url), [address, values.abuse, ...only]);
    owner.after(() => abuser.kill());
    return abuser;
  };
  const [here, elsewhere] = [service.grpc, other.grpc].map(abuserOf);
  const body = framed(scoreBytes('ada'));
  let failed = 0;
  /** @returns the 99th percentile, ms */
  const p99 = async (): Promise<number> => {
    const latenciesMs: number[] = [];
    const startMs = performance.now();
    const asked: Promise<void>[] = [];
    for (let i = 0; i < rate * seconds; i++) {
      const plannedMs = startMs + (i * 1000) / rate;
      const early = plannedMs - performance.now();
      if (early > 0) await delay(early);
      const call = new RawCall(session, 'ScoringService/Score');
      call.stream.end(body);
      asked.push(
        call.ended().then(({ status }) => {
          if (status !== 0) failed++;
          latenciesMs.push(performance.now() - plannedMs);
        }),
      );
    }
    await Promise.all(asked);
    return latenciesMs.toSorted((a, b) => a - b)[Math.floor(latenciesMs.length * 0.99)];
  };
  const residentMib = (): number =>
    (Number(readFileSync(`/proc/${service.process.pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES) / MIB;
  /** @returns the p99 beside bad clients, and how many of them there were so far */
  const beside = async (abuser: ChildProcess): Promise<[number, number]> => {
    abuser.send(true);
    const ms = await p99();
    const [abuses] = await Promise.all([once(abuser, 'message').then(([done]) => done as number), abuser.send(false)]);
    return [ms, abuses];
  };
  await p99();
  const rows: Record<'alone' | 'elsewhere' | 'abused' | 'toAlone' | 'toElsewhere' | 'memoryMib' | 'abuses', number>[] =
    [];
  for (let pair = 0; pair < pairs; pair++) {
    const alone = await p99();
    const [elsewhereMs] = await beside(elsewhere);
    const [abused, abuses] = await beside(here);
    const ratios = { toAlone: abused / alone, toElsewhere: abused / elsewhereMs };
    rows.push({ alone, elsewhere: elsewhereMs, abused, ...ratios, memoryMib: Math.round(residentMib()), abuses });
  }
  console.table(rows);
  const ratio = median(rows.map(({ toElsewhere }) => toElsewhere));
  const toAlone = median(rows.map((row) => row.toAlone));
  console.log(
    `p99 beside bad clients: ${ratio.toFixed(2)} of that with them at another service, ${toAlone.toFixed(2)} of that without them, medians; ${failed} healthy calls failed`,
  );
  return failed + Number(ratio > RATIO_MAX);
});
process.exitCode = failures === 0 ? 0 : 1;
