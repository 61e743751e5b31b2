import { RecordWriter } from '../../src/events/record.ts';
import { FeatureReader } from '../../src/features/read.ts';
import { makeShardMemory, Shard, shardRegions } from '../../src/features/shard.ts';
import { SlotIndex } from '../../src/features/slot-index.ts';
import { stateHash } from '../../src/features/state-hash.ts';
import { Table } from '../../src/features/table.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import type { Pack } from '../../src/packs/pack.ts';
import { ColdDatabase } from '../../src/state/cold-database.ts';
import { ColdReader } from '../../src/state/cold-reader.ts';
import { DedupeWindow, dedupeRegionBytes } from '../../src/state/dedupe.ts';
import { Status } from '../../src/state/status.ts';
import { type ChunkResult, Writer } from '../../src/state/writer.ts';
import { readAll } from '../log/groups.ts';
import type { SlowEvent } from '../oracles/slow-event.ts';

const SHARDS = 4;
const DEDUPE = { idsMax: 1000, windowMs: 7 * 24 * 3600 * 1000 };

/** Rows that may be in memory, all shards together, and where the database of the others is made. */
export interface Bound {
  readonly rowsMax: number;
  readonly path: string;
}

/** A log in memory, its writer, and the state that it has come to. */
export class FoldedLog {
  readonly log: MemoryLog;
  readonly writer: Writer;
  readonly tables: readonly Table[];
  readonly reader: FeatureReader;
  readonly cold: ColdDatabase | undefined;
  private readonly coldReader: ColdReader | undefined;
  private readonly pack: Pack;

  /** @param bound of a state that must be closed */
  constructor(pack: Pack, log = new MemoryLog(), bound?: Bound) {
    const { plan } = pack;
    const regions = shardRegions(plan, dedupeRegionBytes(DEDUPE.idsMax) / 4);
    this.pack = pack;
    this.log = log;
    this.tables = Array.from({ length: SHARDS }, (_, number) => {
      const shard = new Shard(number, makeShardMemory(regions), plan, regions);
      SlotIndex.initialise(shard, bound === undefined ? 0 : Math.ceil(bound.rowsMax / SHARDS));
      return new Table(shard);
    });
    if (bound !== undefined) {
      this.cold = new ColdDatabase(bound.path, plan.rowWords);
      this.coldReader = new ColdReader(bound.path, plan.rowWords);
    }
    const dedupe = this.tables.map(
      ({ shard }) => new DedupeWindow(() => shard.u32, regions.dedupe, DEDUPE, shard.copies),
    );
    const status = new Status();
    const { tables, cold } = this;
    this.writer = new Writer({ log, plan, tables, dedupe, status, cold, stopwatchMs: () => 0 });
    this.reader = new FeatureReader(plan, tables, undefined, this.coldReader);
  }

  /** One group. */
  commit(events: readonly SlowEvent[], nowMs: number): Promise<ChunkResult[]> {
    const records = new RecordWriter();
    for (const { type, source, id, customer, timeMs, data } of events)
      records.write({ type: type as never, source, id, subject: customer, timeMs, data, extensions: undefined });
    return this.writer.commit([records.chunk()], nowMs);
  }

  /** @param ready as the writer takes it */
  erase(ready?: () => Promise<void>): Promise<void> {
    return this.writer.erase(async () => {}, ready);
  }

  /** The state of a start on the log as it is now. */
  async restarted(): Promise<FoldedLog> {
    const again = new FoldedLog(this.pack, this.log);
    await again.writer.recover();
    return again;
  }

  get hash(): string {
    return stateHash(this.tables, this.cold);
  }

  /** Lets go of the database of a state with a bound. */
  close(): void {
    this.coldReader?.close();
    this.cold?.close();
  }

  read(customer: string, sec: number, keys = {}): { outcome: string; values: number[] } {
    const values = new Float64Array(this.pack.plan.features.length);
    this.reader.nextTurn();
    const outcome = this.reader.read(customer, sec, false, values, keys);
    return { outcome, values: [...values] };
  }

  /** All bytes of the log. */
  async bytes(): Promise<Buffer> {
    return Buffer.concat((await readAll(this.log)).map(({ records }) => records));
  }
}
