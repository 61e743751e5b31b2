import { setPriority } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { CopyPool, PAGE_STATE, PAGE_WORDS, readKept, type SharedCopies } from '../../features/page-copies.ts';
import type { Stretch } from '../../features/shard.ts';
import { type Mark, writeCheckpoint } from '../../state/checkpoint.ts';
import { CheckpointStore } from '../../state/checkpoint-store.ts';
import { Link } from './link.ts';
import { Pace } from './pace.ts';

/** Writes one checkpoint while the writer goes on, and ends. */
export interface CheckpointThreadData {
  readonly dataDir: string;
  readonly shards: readonly WebAssembly.Memory[];
  /** Of each shard, as they are before the mark. */
  readonly stretches: readonly (readonly Stretch[])[];
  readonly copies: SharedCopies;
  readonly copyBytesMax: number;
}

/** What a mark needs of this thread: a state for each page. */
export type PageStates = readonly Int32Array[];

/** With this a thread gets a tenth of a core that others want, and all of one that nobody wants. */
const NICENESS = 10;
/** Rows may come before the mark: as many as one growth of the memory holds. */
const ROOM_WORDS = 4 * 1024 * 1024;

// On Linux this is the thread's own; elsewhere it would be that of the whole process.
if (process.platform === 'linux') setPriority(NICENESS);

const { dataDir, shards, stretches, copies, copyBytesMax } = workerData as CheckpointThreadData;
const port = parentPort as MessagePort;
const link = new Link(port);
const pool = new CopyPool(copyBytesMax, copies);

const states: PageStates = shards.map((memory, shard) => {
  const words = memory.buffer.byteLength / 4 + ROOM_WORDS;
  const pages = new Int32Array(new SharedArrayBuffer(Math.ceil(words / PAGE_WORDS) * 4));
  for (const [from, end] of stretches[shard]) pages.fill(PAGE_STATE.pending, from / PAGE_WORDS, end / PAGE_WORDS);
  return pages;
});

const mark = await link.ask<Mark>('mark', states);
const pace = new Pace();
const readers = shards.map((memory, shard) => {
  memory.grow(0);
  const u32 = new Uint32Array(memory.buffer);
  return (from: number, into: Uint32Array): void => {
    pace.rest(pool.fill);
    readKept(u32, states[shard], pool, from, into);
  };
});
const bytes = await writeCheckpoint(
  new CheckpointStore(dataDir),
  mark,
  readers,
  () => link.ask('read'),
  () => link.ask<boolean>('copied'),
);
await link.ask('written', bytes);
port.close();
