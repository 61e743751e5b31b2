import { LIMITS } from '../base/limits.ts';
import { definitionOfType } from '../events/catalogue.ts';
import type { GroupEffect, Residue } from '../events/residue.ts';
import { Applier, groupCellName } from '../features/apply.ts';
import { Identities } from '../features/identities.ts';
import type { ItemChanges } from '../features/item-changes.ts';
import type { FeaturePlan } from '../features/plan.ts';
import { scratchTables } from '../features/scratch-tables.ts';
import { hashNumber } from './erasures.ts';

const LINKED = definitionOfType('identity.linked')?.code;
const ERASED = definitionOfType('customer.erased')?.code;

/** An event of the log that may be an erased customer's. */
export interface StoryEvent {
  readonly offset: number;
  readonly typeCode: number;
  /** As the producer gave it; NaN where there was none. */
  readonly givenMs: number;
  readonly timeMs: number;
  readonly logTimeSec: number;
  readonly subject: Buffer;
  /** Upper half of the hash of (source, id). */
  readonly tie: number;
  readonly dedupeShard: number;
  /** The dedupe hash. */
  readonly lo: number;
  readonly hi: number;
  /** What an earlier erasure has left: only its hash counts here. */
  readonly isResidue: boolean;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An erased customer's event, and what it leaves. */
export interface ErasedEvent {
  readonly event: StoryEvent;
  readonly left: Pick<Residue, 'shard' | 'effects'>;
}

/**
 * A customer from the first event to the erasure. An id can have several, one after another: an erased id and an unlinked
 * alias begin anew. Customers that became one have one life.
 */
class Life {
  isErased: boolean;
  private joined: Life | undefined;

  constructor(isErased = false) {
    this.isErased = isErased;
  }

  get whole(): Life {
    let life: Life = this;
    while (life.joined !== undefined) life = life.joined;
    return life;
  }

  join(other: Life): void {
    if (other.whole !== this.whole) other.whole.joined = this.whole;
  }
}

interface Lived {
  readonly event: StoryEvent;
  readonly life: Life;
  readonly left: ErasedEvent['left'];
}

/**
 * Folds the story as the service did, in tables of its own.
 * @param itemChanges of the whole log
 * @param erased the ids that a customer had when erased, by offset: the log may not go back to where they were linked
 * @param story all events of some ids and of every id ever linked with them, in the order of the log
 * @returns those of lives that were erased, without residues
 */
export const replayLives = (
  story: readonly StoryEvent[],
  plan: FeaturePlan,
  shards: number,
  itemChanges: ItemChanges,
  erased: ReadonlyMap<number, readonly string[]>,
): ErasedEvent[] => {
  const tables = scratchTables(plan, shards);
  let effects: GroupEffect[] = [];
  const sinks = plan.groupTables.map((table) => {
    const names = table.cells.map((_, position) => groupCellName(table, position));
    return {
      add(keyLo: number, keyHi: number, cell: number, amount: number): void {
        effects.push([names[cell], keyLo, keyHi, amount]);
      },
    };
  });
  const applier = new Applier(plan, tables, sinks, undefined, itemChanges);
  const identities = new Identities(tables);
  const lives = new Map<string, Life>();
  const isKnown = (id: Buffer): boolean => identities.locate(id, 0, id.length) >= 0;
  const lifeOf = (id: Buffer): Life | undefined =>
    isKnown(id) ? lives.get(`${identities.shard} ${identities.key}`) : undefined;
  const events = new SeenEvents();

  const lived = (event: StoryEvent): Lived => {
    const { subject, typeCode, timeMs, tie, data, offset } = event;
    const life = lifeOf(subject) ?? new Life(typeCode === ERASED);
    if (typeCode === ERASED) {
      life.whole.isErased = true;
      for (const id of erased.get(offset) ?? []) {
        const other = lifeOf(Buffer.from(id));
        if (other !== undefined) other.whole.isErased = true;
      }
    }
    const other = typeCode === LINKED ? lifeOf(Buffer.from(data.alias as string)) : undefined;
    effects = [];
    try {
      applier.apply(subject, 0, subject.length, typeCode, timeMs, tie, data, offset);
    } catch {
      // It is a dead letter, and has changed what it changed before it failed.
      applier.giveUp();
    }
    if (other !== undefined) life.join(other);
    if (isKnown(subject)) lives.set(`${identities.shard} ${identities.key}`, life.whole);
    return { event, life, left: { shard: applier.shard, effects } };
  };

  const all = story.map((event): Lived => {
    const first = events.firstOf(event);
    if (first !== undefined) return { event, life: first, left: { shard: event.dedupeShard, effects: [] } };
    const one = event.isResidue ? { event, life: new Life(true), left: { shard: 0, effects: [] } } : lived(event);
    events.add(event, one.life);
    return one;
  });
  return all.filter(({ event, life }) => life.whole.isErased && !event.isResidue);
};

/** The dedupe window as far as these events are concerned. */
class SeenEvents {
  private readonly first = new Map<number, { readonly event: StoryEvent; readonly life: Life }>();

  /** The life of the event that this one repeats; undefined where the window may not have known it any more. */
  firstOf({ lo, hi, logTimeSec, offset }: StoryEvent): Life | undefined {
    const first = this.first.get(hashNumber(lo, hi));
    if (first === undefined) return undefined;
    const isRecent = logTimeSec - first.event.logTimeSec <= Math.floor(LIMITS.dedupeWindowMs / 1000);
    // Others came between: at most so many that the window still holds the first.
    const isHeld = offset - first.event.offset < LIMITS.dedupeIdsPerShardMax;
    return isRecent && isHeld ? first.life : undefined;
  }

  add(event: StoryEvent, life: Life): void {
    this.first.set(hashNumber(event.lo, event.hi), { event, life });
  }
}
