import { fileURLToPath } from 'node:url';
import { shardOf } from '../../src/base/hash.ts';
import { definitionOfType, type EventType } from '../../src/events/catalogue.ts';
import type { EventValues } from '../../src/events/field-values.ts';
import { RecordReader, RecordWriter } from '../../src/events/record.ts';
import { Applier } from '../../src/features/apply.ts';
import type { FeaturePlan } from '../../src/features/plan.ts';
import { FeatureReader } from '../../src/features/read.ts';
import { makeShardMemory, Shard, type ShardRegions, shardRegions } from '../../src/features/shard.ts';
import { SlotIndex } from '../../src/features/slot-index.ts';
import { fingerprint, Table } from '../../src/features/table.ts';
import { loadPack, type Pack } from '../../src/packs/pack.ts';
import type { SlowEvent } from '../oracles/slow-event.ts';

/** A fresh shard of its own memory, with no room for dedupe. @param residentsMax customers that may have a row; 0 for no bound */
export const makeShard = (
  plan: FeaturePlan,
  number = 0,
  residentsMax = 0,
): { shard: Shard; regions: ShardRegions; memory: WebAssembly.Memory } => {
  const regions = shardRegions(plan, 0);
  const memory = makeShardMemory(regions);
  const shard = new Shard(number, memory, plan, regions);
  SlotIndex.initialise(shard, residentsMax);
  return { shard, regions, memory };
};

/** @param folder from the root of the repository */
export const packOf = (folder: string): Pack => loadPack(fileURLToPath(new URL(`../../${folder}`, import.meta.url)));

export const typeCodeOf = (type: string): number => definitionOfType(type as EventType)!.code;

/** Rows, groups, their writer and a reader, all in this thread. */
export class FeatureState {
  readonly plan: FeaturePlan;
  readonly tables: readonly Table[];
  readonly reader: FeatureReader;
  private readonly applier: Applier;
  private readonly record = new RecordWriter();
  private readonly records = new RecordReader();
  private offset = 0;

  constructor(plan: FeaturePlan, shards: number) {
    this.plan = plan;
    this.tables = Array.from({ length: shards }, (_, number) => new Table(makeShard(plan, number).shard));
    this.applier = new Applier(plan, this.tables);
    this.reader = new FeatureReader(plan, this.tables);
  }

  /** @returns seconds by which the event was late */
  apply({ customer, type, timeMs, hash, data }: SlowEvent, offset = this.offset++): number {
    const id = Buffer.from(customer);
    const told = this.logged(type as EventType, data);
    this.applier.applyValues(id, 0, id.length, typeCodeOf(type), timeMs, hash, told, offset);
    return this.applier.lateSec;
  }

  /** The fields as they come out of the log. */
  private logged(type: EventType, data: SlowEvent['data']): EventValues {
    const { record, records } = this;
    record.reset();
    record.write({ type, source: 's', id: 'i', subject: 'c', timeMs: 0, data, extensions: undefined });
    records.reset(record.bytes());
    records.next();
    return records.values(this.plan.wantedFields);
  }

  /** Whether the last event changed any cell. */
  get hasTouched(): boolean {
    return this.applier.hasTouched;
  }

  /** Values of all features by name. */
  read(customer: string, sec: number, keys?: Readonly<Record<string, string | undefined>>): Map<string, number> {
    const values = new Float64Array(this.plan.features.length);
    this.reader.nextTurn();
    this.reader.read(customer, sec, true, values, keys);
    return new Map(this.plan.features.map(({ spec }, i) => [spec.name, values[i]]));
  }

  /** The words of a customer's row, copied. */
  row(customer: string): Uint32Array {
    const id = Buffer.from(customer);
    const table = this.tables[shardOf(id, 0, id.length, this.tables.length)];
    fingerprint(id, 0, id.length);
    const words = new Uint32Array(this.plan.rowWords);
    table.load(table.find(id, 0, id.length), words);
    return words;
  }
}
