import { hash64, shardOf } from '../base/hash.ts';
import type { RecordReader } from '../events/record.ts';
import type { FeaturePlan } from '../features/plan.ts';
import { fingerprint, type Table } from '../features/table.ts';
import { type DedupeWindow, eventHash, foldSubject } from './dedupe.ts';

/** So many misses of the cache may be under way at once; a power of two. */
export const AHEAD_EVENTS = 16;

/** Takes what is only looked at, which would be left out as useless. */
const looked = new Uint32Array(1);

/**
 * Where the next events of a group belong, worked out for all of them before the first is applied, and looked at: a place
 * that nobody has looked at lately costs a hundred times what one in the cache does, unless others are waited for at the
 * same time. Places that are looked at are guesses, and nothing depends on them; hashes are not.
 */
export class LookAhead {
  readonly shards = new Uint32Array(AHEAD_EVENTS);
  /** Hash of each event's (source, id): upper half. */
  readonly ties = new Uint32Array(AHEAD_EVENTS);
  /** What the dedupe window knows each event by. */
  readonly lows = new Uint32Array(AHEAD_EVENTS);
  readonly highs = new Uint32Array(AHEAD_EVENTS);
  /** Where the row of each event's customer may be; -1 where nobody knows. */
  readonly slots = new Int32Array(AHEAD_EVENTS);
  private readonly linesByType: FeaturePlan['linesByType'];
  private readonly tables: readonly Table[];
  private readonly dedupe: readonly DedupeWindow[];
  private readonly typeCodes = new Uint32Array(AHEAD_EVENTS);
  /** Of buckets of the dedupe window, then names of their newest entries. */
  private readonly heads = new Uint32Array(AHEAD_EVENTS);
  /** Of index entries, then keys. */
  private readonly places = new Float64Array(AHEAD_EVENTS);

  constructor(linesByType: FeaturePlan['linesByType'], tables: readonly Table[], dedupe: readonly DedupeWindow[]) {
    this.linesByType = linesByType;
    this.tables = tables;
    this.dedupe = dedupe;
  }

  /** Moves the reader over the next events and back to where it was. */
  look(reader: RecordReader): void {
    const { shards, slots, tables } = this;
    const count = this.find(reader);
    let touched = 0;
    for (let i = 0; i < count; i++)
      if (slots[i] >= 0) touched |= tables[shards[i]].touchLines(slots[i], this.linesByType[this.typeCodes[i]]);
    looked[0] = touched;
  }

  /** As {@link look}, without a look at the rows. @returns how many events there were, 16 at most */
  find(reader: RecordReader): number {
    const { shards, slots, tables, places, heads } = this;
    const count = this.hash(reader);
    let touched = 0;
    for (let i = 0; i < count; i++) {
      const { shard, index } = tables[shards[i]];
      heads[i] = shard.u32[heads[i]];
      places[i] = index.keyIn(places[i]);
    }
    for (let i = 0; i < count; i++) {
      const shard = shards[i];
      touched |= this.dedupe[shard].wordOf(heads[i]);
      slots[i] = places[i] < 0 ? -1 : tables[shard].index.slotOf(places[i]);
    }
    looked[0] = touched;
    return count;
  }

  private hash(reader: RecordReader): number {
    const { shards, ties, lows, highs, typeCodes, heads, places, tables, dedupe } = this;
    const begin = reader.recordEnd;
    let i = 0;
    for (; i < AHEAD_EVENTS && reader.next(); i++) {
      const { bytes, subjectStart, subjectEnd, sourceEnd, idEnd } = reader;
      const shard = shardOf(bytes, subjectStart, subjectEnd, tables.length);
      shards[i] = shard;
      typeCodes[i] = reader.typeCode;
      eventHash(bytes, subjectEnd, sourceEnd, sourceEnd, idEnd);
      ties[i] = hash64.hi;
      foldSubject(bytes, subjectStart, subjectEnd);
      lows[i] = hash64.lo;
      highs[i] = hash64.hi;
      heads[i] = dedupe[shard].headOf(hash64.lo);
      fingerprint(bytes, subjectStart, subjectEnd);
      places[i] = tables[shard].index.entryOf(hash64.hi);
    }
    reader.seek(begin);
    return i;
  }
}
