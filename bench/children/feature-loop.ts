/** The feature engine without log or server, and bare loops over typed arrays that touch as many words in the same order. */
import { loadConfig } from '../../src/app/config.ts';
import { makeStateMemory, viewState } from '../../src/app/shared-state.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { Applier } from '../../src/features/apply.ts';
import type { FeaturePlan } from '../../src/features/plan.ts';
import { FeatureReader } from '../../src/features/read.ts';
import { SHARD_HEADER } from '../../src/features/shard.ts';
import type { Table } from '../../src/features/table.ts';
import { loadPack } from '../../src/packs/pack.ts';
import { answerQuestions, runFor } from '../child-side.ts';
import { EventStream } from '../event-stream.ts';
import { customerIdOf } from '../orders.ts';
import { shuffled } from '../random.ts';

export interface Opened {
  readonly features: number;
  readonly rowWords: number;
}

const SEED = 19;
const EVENTS_PER_PIECE = 1024;
/** As many as a full turn of the service scores. */
const ROWS_PER_PIECE = 64;

let plan: FeaturePlan;
let tables: readonly Table[];
let applier: Applier;
let reader: FeatureReader;
let stream: EventStream;
let values: Float64Array;
/** Customers in random order, as ids and as numbers of rows. */
let ids: string[] = [];
let order: Uint32Array;
let bareRows: Uint32Array;
let next = 0;
let offset = 0;
let nowSec = 0;

const open = (asked: { customers: number; eventsPerCustomer: number }): Opened => {
  const { customers, eventsPerCustomer } = asked;
  const pack = loadPack(loadConfig({ flags: {}, environment: process.env, folder: import.meta.dirname }).pack);
  ({ plan } = pack);
  ({ tables } = viewState(pack, makeStateMemory(pack, LIMITS.shards)));
  applier = new Applier(plan, tables);
  reader = new FeatureReader(plan, tables);
  stream = new EventStream(customers, SEED);
  values = new Float64Array(plan.features.length);
  for (let i = 0; i < customers * eventsPerCustomer; i++) applyNext();
  nowSec = Math.floor(stream.timeMs / 1000) + 3600;
  order = shuffled(customers, SEED + 1);
  ids = Array.from(order, customerIdOf);
  bareRows = new Uint32Array(customers * plan.rowWords).fill(1);
  return { features: plan.features.length, rowWords: plan.rowWords };
};

const applyNext = (): void => {
  stream.next();
  const { ids: bytes, idStart, idEnd, typeCode, timeMs, identityHash, data } = stream;
  applier.apply(bytes, idStart, idEnd, typeCode, timeMs, identityHash, data, offset++);
};

const eventsApplied = (): number =>
  tables.reduce((sum, { shard: { u32 } }) => sum + u32[SHARD_HEADER.eventsApplied], 0);

const apply = (durationMs: number) => {
  const before = eventsApplied();
  const { pieces, wallSec, cpuSec } = runFor(durationMs, () => {
    for (let i = 0; i < EVENTS_PER_PIECE; i++) applyNext();
  });
  const work = pieces * EVENTS_PER_PIECE;
  const wrongCount = work - (eventsApplied() - before);
  const wrong = wrongCount === 0 ? [] : [`${wrongCount} events were not applied`];
  return { work, wallSec, cpuSec, checked: work, wrong, wrongCount };
};

const bareApply = (durationMs: number) => {
  const { rowWords, spansByType } = plan;
  const { pieces, wallSec, cpuSec } = runFor(durationMs, () => {
    for (let i = 0; i < EVENTS_PER_PIECE; i++) {
      stream.next();
      const base = nextRow() * rowWords;
      const spans = spansByType[stream.typeCode];
      for (let span = 0; span < spans.length; span += 2)
        for (let word = base + spans[span]; word < base + spans[span + 1]; word++) bareRows[word]++;
    }
  });
  return { work: pieces * EVENTS_PER_PIECE, wallSec, cpuSec, checked: 0, wrong: [], wrongCount: 0 };
};

const nextRow = (): number => {
  next = next + 1 === order.length ? 0 : next + 1;
  return order[next];
};

const read = (durationMs: number) => {
  let wrongCount = 0;
  const { pieces, wallSec, cpuSec } = runFor(durationMs, () => {
    reader.nextTurn();
    for (let i = 0; i < ROWS_PER_PIECE; i++) {
      nextRow();
      if (reader.read(ids[next], nowSec, false, values) !== 'known' || Number.isNaN(values[0])) wrongCount++;
    }
  });
  const work = pieces * ROWS_PER_PIECE;
  const wrong = wrongCount === 0 ? [] : ['customers of the state were not known'];
  return { work, wallSec, cpuSec, checked: work, wrong, wrongCount };
};

const bareRead = (durationMs: number) => {
  const { rowWords, features } = plan;
  let sum = 0;
  const { pieces, wallSec, cpuSec } = runFor(durationMs, () => {
    for (let i = 0; i < ROWS_PER_PIECE; i++) {
      const base = nextRow() * rowWords;
      for (let word = 0; word < rowWords; word++) sum += bareRows[base + word];
      for (let position = 0; position < features.length; position++) values[position] = sum;
    }
  });
  const work = pieces * ROWS_PER_PIECE;
  return {
    work,
    wallSec,
    cpuSec,
    checked: 0,
    wrong: sum > 0 ? [] : ['nothing was read'],
    wrongCount: Number(sum === 0),
  };
};

answerQuestions({ open, apply, bareApply, read, bareRead });
