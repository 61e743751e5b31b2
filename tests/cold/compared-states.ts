import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { loadConfig } from '../../src/app/config.ts';
import { openScoring } from '../../src/app/scoring.ts';
import {
  dedupeWindows,
  makeStateMemory,
  openColdDatabase,
  openColdReader,
  viewState,
} from '../../src/app/shared-state.ts';
import { LIMITS, setLimits } from '../../src/base/limits.ts';
import type { Decider } from '../../src/decisions/decide.ts';
import type { Decision } from '../../src/decisions/decision.ts';
import { type Chunk, RecordWriter } from '../../src/events/record.ts';
import { stateHash } from '../../src/features/state-hash.ts';
import type { Table } from '../../src/features/table.ts';
import { readBundles } from '../../src/inference/repository.ts';
import type { AppendedGroup, AppendGroup } from '../../src/log/event-log.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import type { Pack } from '../../src/packs/pack.ts';
import { Writer } from '../../src/state/writer.ts';
import { mixedEvent } from '../durability/mixed-events.ts';
import { packOf } from '../support/feature-state.ts';

export interface ComparedOptions {
  readonly customers: number;
  /** Bound on the rows of one of the two states. */
  readonly rowsMax: number;
  /** Each customer has one, the others go to anybody. */
  readonly events: number;
  /** Of the database of cold rows. */
  readonly coldPath: string;
  /** @param done of all events and all scores */
  readonly onProgress?: (done: number) => void;
}

/** What one of the two states took: µs of CPU, which other work on the machine hardly changes. */
export interface Side {
  readonly applyUs: number;
  readonly scoreUs: number;
  readonly memoryBytes: number;
}

export interface ComparedReport {
  readonly free: Side;
  readonly bounded: Side;
  readonly residents: number;
  readonly coldCustomers: number;
  readonly evictions: number;
  readonly coldBytes: number;
  readonly scores: number;
  readonly stateHash: string;
}

const GROUP_EVENTS = 1000;
const QUESTIONS = 1000;
/** After all events. */
const NOW_MS = Date.UTC(2027, 0, 1);
const LINKED_EVERY = 40;
const UNLINKED_EVERY = 800;
const ERASED_EVERY = 5000;

/** Says where events stand, and keeps none of them. */
class ForgetfulLog extends MemoryLog {
  private count = 0;

  override async append({ count }: AppendGroup): Promise<AppendedGroup> {
    const firstOffset = this.count;
    this.count += count;
    return { partition: 0, firstOffset };
  }
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const customerOf = (number: number): string => `C${100_000 + number}`;
const aliasOf = (number: number): string => `phone:${100_000 + number}`;

/** Gives two states the same events, one with a bound on rows, and asks both about everybody. @throws AssertionError */
export const compareStates = async (options: ComparedOptions): Promise<ComparedReport> => {
  const { customers, rowsMax, events, coldPath, onProgress } = options;
  setLimits({ rowsMax, dedupeIdsPerShardMax: 10_000 });
  const pack = packOf('models/retail');
  const free = await openState(pack);
  const bounded = await openState(pack, coldPath);
  const linked = new Set<number>();
  const records = new RecordWriter();
  let random = 1;
  const anybody = (): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return random % customers;
  };
  // In an order in which neighbours are far apart.
  const step = 7_919;
  for (let i = 0; i < events; i++) {
    const number = i < customers ? (i * step) % customers : anybody();
    const { type, time, data } = mixedEvent(i - (i % 11 === 10 ? 1 : 0));
    const told = changeOf(i, number, linked);
    records.write({
      type: (told?.type ?? type) as never,
      source: 'test',
      id: String(i),
      subject: linked.has(number) && i % 3 === 0 ? aliasOf(number) : customerOf(number),
      timeMs: Date.parse(time as string),
      data: (told?.data ?? data) as Record<string, unknown>,
      extensions: undefined,
    });
    if (records.count < GROUP_EVENTS && i < events - 1) continue;
    const chunk = { records: records.bytes(), count: records.count, latestMs: records.latestMs };
    await free.commit(chunk);
    await bounded.commit(chunk);
    records.reset();
    onProgress?.(i + 1);
  }
  for (let from = 0; from < customers; from += QUESTIONS) {
    const ids = Array.from({ length: Math.min(QUESTIONS, customers - from) }, (_, i) => {
      const number = from + i;
      return linked.has(number) && i % 2 === 0 ? aliasOf(number) : customerOf(number);
    });
    assert.deepEqual(await bounded.ask(ids), await free.ask(ids));
    onProgress?.(events + from + ids.length);
  }
  const hash = free.hash();
  assert.equal(bounded.hash(), hash);
  const sum = (of: (shard: Table['shard']) => number): number =>
    bounded.tables.reduce((total, { shard }) => total + of(shard), 0);
  const residents = sum((shard) => shard.residents);
  assert.ok(residents <= Math.ceil(rowsMax / LIMITS.shards) * LIMITS.shards, `${residents} rows in memory`);
  const report = {
    free: free.side(events, customers),
    bounded: bounded.side(events, customers),
    residents,
    coldCustomers: sum((shard) => shard.coldCustomers),
    evictions: sum((shard) => shard.evictions),
    coldBytes: statSync(coldPath).size,
    scores: customers,
    stateHash: hash,
  };
  await free.close();
  await bounded.close();
  return report;
};

/** Links, unlinks and erasures among the events. */
const changeOf = (i: number, number: number, linked: Set<number>): { type: string; data: object } | undefined => {
  if (i % ERASED_EVERY === 1) {
    linked.delete(number);
    return { type: 'customer.erased', data: {} };
  }
  if (i % UNLINKED_EVERY === 2 && linked.delete(number))
    return { type: 'identity.unlinked', data: { alias: aliasOf(number) } };
  if (i % LINKED_EVERY !== 0) return undefined;
  linked.add(number);
  return { type: 'identity.linked', data: { alias: aliasOf(number) } };
};

const openState = async (pack: Pack, coldPath?: string) => {
  const view = viewState(pack, makeStateMemory(pack, LIMITS.shards, coldPath));
  const { tables } = view;
  const cold = openColdDatabase(pack, view);
  const coldReader = openColdReader(pack, view);
  const log = new ForgetfulLog();
  const dedupe = dedupeWindows(pack, tables);
  const writer = new Writer({ log, plan: pack.plan, ...view, dedupe, cold, stopwatchMs: () => 0 });
  const bundles = readBundles(pack);
  const config = { ...loadConfig({ flags: {}, environment: {}, folder: import.meta.dirname }), clock: 'log' } as const;
  const { decider, registry } = await openScoring(config, pack, bundles, view, coldReader);
  let applyMs = 0;
  let scoreMs = 0;
  return {
    tables,
    async commit(chunk: Chunk): Promise<void> {
      const startMs = cpuMs();
      await writer.commit([chunk], NOW_MS);
      applyMs += cpuMs() - startMs;
    },
    async ask(ids: readonly string[]): Promise<string[]> {
      const startMs = cpuMs();
      const decisions = await Promise.all(ids.map((id) => decide(decider, id)));
      scoreMs += cpuMs() - startMs;
      return decisions.map(({ decisionId: _, ...decision }) => JSON.stringify(decision));
    },
    hash: () => stateHash(tables, cold),
    side: (events: number, scores: number): Side => ({
      applyUs: (applyMs * 1000) / events,
      scoreUs: (scoreMs * 1000) / scores,
      memoryBytes: tables.reduce((bytes, { shard }) => bytes + shard.bytesInUse, 0),
    }),
    async close(): Promise<void> {
      await registry.close();
      coldReader?.close();
      cold?.close();
    },
  };
};

const decide = (decider: Decider, customerId: string): Promise<Decision> =>
  new Promise((resolve, reject) => {
    decider.decide({ customerId, atMs: undefined }, (error, decision) =>
      decision === undefined ? reject(error) : resolve(decision),
    );
  });
