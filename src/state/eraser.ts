import { hash64, shardOf } from '../base/hash.ts';
import { definitionOfCode, definitionOfType } from '../events/catalogue.ts';
import { RecordReader } from '../events/record.ts';
import { openHash, type Residue } from '../events/residue.ts';
import type { ItemChanges } from '../features/item-changes.ts';
import type { FeaturePlan } from '../features/plan.ts';
import { fingerprint } from '../features/table.ts';
import type { EventLog, LogGroup } from '../log/event-log.ts';
import { eventHash, foldSubject } from './dedupe.ts';
import { type Erasures, residueOf } from './erasures.ts';
import { replayLives, type StoryEvent } from './lives.ts';

const LINKED = definitionOfType('identity.linked')?.code;
const UNLINKED = definitionOfType('identity.unlinked')?.code;

/** Read without a pause: about a millisecond of work. */
const READ_BYTES = 128 * 1024;

/** Lets other work of the thread go on. */
export type Pause = () => Promise<void>;

/**
 * Takes erased customers out of the log: finds their events and puts residues in their places. It reads the log from
 * its start, once for all customers that are waiting, and again only where it finds ids that it did not look for.
 */
export class Eraser {
  private readonly log: EventLog;
  private readonly plan: FeaturePlan;
  private readonly shards: number;
  private readonly erasures: Erasures;
  private readonly itemChanges: ItemChanges;
  private readonly reader = new RecordReader();
  private ids = new Set<string>();
  /** Halves of the fingerprints of {@link ids}. */
  private marks = new Set<number>();
  private story: StoryEvent[] = [];
  /** The ids that a customer had, by the offset of the erasure. */
  private erased: ReadonlyMap<number, readonly string[]> = new Map();

  constructor(log: EventLog, plan: FeaturePlan, shards: number, erasures: Erasures, itemChanges: ItemChanges) {
    this.itemChanges = itemChanges;
    this.log = log;
    this.plan = plan;
    this.shards = shards;
    this.erasures = erasures;
  }

  /**
   * Resolves when nothing waits to be erased any more.
   * @param ready awaited before records of customers go: no checkpoint may be left that still needs them
   * @throws BeckonError as the log does
   */
  async run(pause: Pause, ready: () => Promise<void>): Promise<void> {
    while (!this.erasures.isEmpty) {
      const { requests, again } = this.erasures.take();
      this.ids = new Set();
      this.marks = new Set();
      for (const { ids } of requests) for (const id of ids) this.look(id);
      if (requests.length > 0) {
        this.erased = new Map(requests.map(({ offset, ids }) => [offset, ids]));
        await this.read(pause);
        for (const [offset, residue] of this.residues()) again.set(offset, residue);
        // Only now: what was read may tell of erasures that came meanwhile.
        await ready();
      }
      this.story = [];
      await this.log.rewrite(again, pause);
      this.erasures.done();
    }
  }

  /** Collects every event of the ids, and of all that were ever linked with them. No event comes after its return. */
  private async read(pause: Pause): Promise<void> {
    for (let ids = -1; ids !== this.ids.size; ) {
      ids = this.ids.size;
      this.story = [];
      let bytes = 0;
      for (let [next] = this.log.starts; next < this.log.ends()[0]; ) {
        for await (const group of this.log.read([next])) {
          this.addGroup(group);
          next = group.firstOffset + group.count;
          bytes += group.records.length;
          if (bytes < READ_BYTES) continue;
          bytes = 0;
          await pause();
        }
      }
    }
  }

  private residues(): Map<number, Uint8Array> {
    const { secret } = this.log;
    const residues = new Map<number, Uint8Array>();
    for (const { event, left } of replayLives(this.story, this.plan, this.shards, this.itemChanges, this.erased)) {
      const { offset, typeCode, givenMs, dedupeShard, lo, hi } = event;
      this.erasures.remember(lo, hi);
      residues.set(offset, residueOf(typeCode, givenMs, left, dedupeShard, lo, hi, secret));
    }
    return residues;
  }

  private addGroup(group: LogGroup): void {
    const { reader } = this;
    reader.reset(group.records);
    for (let offset = group.firstOffset; reader.next(); offset++) {
      const { bytes, typeCode, subjectStart, subjectEnd, sourceEnd, idEnd } = reader;
      const isResidue = reader.isResidue;
      if (!isResidue && !this.isOfSomebody()) continue;
      const residue = isResidue ? (reader.data() as unknown as Residue) : undefined;
      let tie = 0;
      if (residue !== undefined) {
        Object.assign(hash64, openHash(residue.sealedHash, this.log.secret));
        // A fold that began at a checkpoint has not met it.
        this.erasures.remember(hash64.lo, hash64.hi);
      } else {
        eventHash(bytes, subjectEnd, sourceEnd, sourceEnd, idEnd);
        tie = hash64.hi;
        foldSubject(bytes, subjectStart, subjectEnd);
      }
      const { lo, hi } = hash64;
      this.story.push({
        offset,
        typeCode,
        givenMs: reader.timeMs,
        timeMs: Number.isNaN(reader.timeMs) ? group.logTimeMs : reader.timeMs,
        logTimeSec: Math.floor(group.logTimeMs / 1000),
        subject: Buffer.from(bytes.subarray(subjectStart, subjectEnd)),
        tie,
        dedupeShard: residue?.dedupeShard ?? shardOf(bytes, subjectStart, subjectEnd, this.shards),
        lo,
        hi,
        isResidue,
        data: reader.data(),
      });
    }
  }

  /** Whether the record is of an id that is looked for, or links one. */
  private isOfSomebody(): boolean {
    const { reader } = this;
    const { bytes, typeCode, subjectStart, subjectEnd } = reader;
    fingerprint(bytes, subjectStart, subjectEnd);
    // An item or a pack may be called like a customer.
    const isTheirs =
      this.marks.has(hash64.lo) && this.ids.has(reader.subject()) && definitionOfCode(typeCode)?.isOfCustomer === true;
    if (typeCode !== LINKED && typeCode !== UNLINKED) return isTheirs;
    const alias = reader.data().alias as string;
    if (!isTheirs && !this.ids.has(alias)) return false;
    if (typeCode === LINKED) {
      this.look(reader.subject());
      this.look(alias);
    }
    return true;
  }

  private look(id: string): void {
    const bytes = Buffer.from(id);
    fingerprint(bytes, 0, bytes.length);
    this.marks.add(hash64.lo);
    this.ids.add(id);
  }
}
