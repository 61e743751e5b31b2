import { BeckonError } from '../base/errors.ts';
import { type ToldFact, toldFacts } from './item-changes.ts';
import type { Items } from './items.ts';

/** The memory of a board: plain data, handed to a thread as it starts. */
export interface ItemBoardMemory {
  readonly head: SharedArrayBuffer;
  readonly halves: readonly [SharedArrayBuffer, SharedArrayBuffer];
}

/** What was told last of an item; null where it was unset. */
export type ItemFacts = readonly [sku: string, facts: readonly ToldFact[]];

/** Address space; physical memory is taken as something is written. */
const HALF_BYTES_MAX = 2 ** 28;
/** Below this nothing is tidied up. */
const SPARE_BYTES = 2 ** 16;
/** Of the head: words of 64 and of 32 bits. */
const PLACE = 0;
const VERSION = 2;

/**
 * What the log has told last of the items that a pack declares, in memory that all threads share: the fold writes, and whoever
 * asks rules takes over what is new. Only facts that rules may ask for are kept.
 * ```
 *   head   half and end of what is written · version
 *   half   ["latte",[["price",31]]] ⏎ ["mocha",[["price",35],["season",null]]] ⏎ ["latte",[["price",29]]] ⏎ …
 * ```
 * Lines are only added. When more than half of them say nothing any more, the other half begins with what still counts; a reader
 * that was in the middle of the first one begins again.
 */
export class ItemBoard {
  private readonly declared: Items;
  private readonly asked: ReadonlySet<string>;
  private readonly memory: ItemBoardMemory;
  private readonly place: BigInt64Array;
  private readonly version: Int32Array;
  /** What stands there, for the one who writes. */
  private held: Map<string, Map<string, ToldFact[1]>> | undefined;
  /** Bytes of the half in use that may be filled. */
  private roomBytes = 0;
  /** Up to where {@link news} has read. */
  private half = 0;
  private end = 0;
  private seen = 0;

  static makeMemory(): ItemBoardMemory {
    const half = (): SharedArrayBuffer => new SharedArrayBuffer(0, { maxByteLength: HALF_BYTES_MAX });
    return { head: new SharedArrayBuffer(16), halves: [half(), half()] };
  }

  /** @param asked names of the facts that rules may ask for */
  constructor(memory: ItemBoardMemory, declared: Items, asked: ReadonlySet<string>) {
    this.memory = memory;
    this.declared = declared;
    this.asked = asked;
    this.place = new BigInt64Array(memory.head);
    this.version = new Int32Array(memory.head);
  }

  /** What was told, for another board of the same log. */
  get told(): ItemFacts[] {
    return [...this.items].map(([sku, facts]) => [sku, [...facts]]);
  }

  /** Goes on where another fold of the same log was. */
  resume(told: readonly ItemFacts[]): void {
    if (told.length === 0) return;
    this.held = new Map(told.map(([sku, facts]) => [sku, new Map(facts)]));
    this.writeAll();
  }

  /**
   * @param data of an `item.changed`, after all told before: what it does not name stays, null unsets
   * @throws BeckonError STATE_FULL
   */
  tell(data: Readonly<Record<string, unknown>>): void {
    const sku = data.sku as string;
    if (this.asked.size === 0 || !this.declared.has(sku)) return;
    const facts = this.items.get(sku) ?? new Map();
    let isChanged = false;
    for (const [name, value] of toldFacts(data)) {
      if (!this.asked.has(name) || facts.get(name) === value) continue;
      facts.set(name, value);
      isChanged = true;
    }
    if (!isChanged) return;
    this.items.set(sku, facts);
    const [half, end] = this.written();
    const line = Buffer.from(lineOf([sku, [...facts]]));
    if (end + line.length > this.roomBytes) this.writeAll();
    else this.write(half, end, line);
  }

  /** Whether anything was written after the last {@link news}. */
  get hasNews(): boolean {
    return Atomics.load(this.version, VERSION) !== this.seen;
  }

  /** What was written since the last call, all at the first: an item's last line counts. */
  news(): ItemFacts[] {
    this.seen = Atomics.load(this.version, VERSION);
    const [half, end, lines] = this.read(this.half, this.end);
    this.half = half;
    this.end = end;
    return lines;
  }

  private get items(): Map<string, Map<string, ToldFact[1]>> {
    this.held ??= new Map(this.read(0, 0)[2].map(([sku, facts]) => [sku, new Map(facts)]));
    return this.held;
  }

  /** @param before as read so far. @returns as read now, and what stands between */
  private read(halfBefore: number, endBefore: number): [half: number, end: number, lines: ItemFacts[]] {
    for (;;) {
      const [half, end] = this.written();
      const from = half === halfBefore ? endBefore : 0;
      const text = Buffer.from(new Uint8Array(this.memory.halves[half % 2], from, end - from)).toString();
      // Nobody writes over it before the other half has been taken into use.
      if (this.written()[0] !== half) continue;
      const lines = text.split('\n').slice(0, -1);
      return [half, end, lines.map((line) => JSON.parse(line) as ItemFacts)];
    }
  }

  /** Which half is in use, counted on, and up to where. */
  private written(): [half: number, end: number] {
    const place = Atomics.load(this.place, PLACE);
    return [Number(place >> 32n), Number(place & 0xffff_ffffn)];
  }

  private writeAll(): void {
    const bytes = Buffer.from(this.told.map(lineOf).join(''));
    this.roomBytes = 2 * bytes.length + SPARE_BYTES;
    this.write(this.written()[0] + 1, 0, bytes);
  }

  private write(half: number, at: number, bytes: Uint8Array): void {
    const memory = this.memory.halves[half % 2];
    const end = at + bytes.length;
    if (end > HALF_BYTES_MAX)
      throw new BeckonError('STATE_FULL', 'there is no room for more of what the log tells of items');
    if (end > memory.byteLength) memory.grow(Math.min(HALF_BYTES_MAX, Math.max(end, this.roomBytes)));
    new Uint8Array(memory, at, bytes.length).set(bytes);
    Atomics.store(this.place, PLACE, (BigInt(half) << 32n) | BigInt(end));
    Atomics.add(this.version, VERSION, 1);
  }
}

const lineOf = (item: ItemFacts): string => `${JSON.stringify(item)}\n`;
