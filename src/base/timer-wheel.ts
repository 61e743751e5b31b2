const SLOT_BITS = 8;
const SLOTS = 2 ** SLOT_BITS;
const LEVELS = 4;
const NONE = -1;
const FIRST_CAPACITY = 1024;

/**
 * When to look at whom: numbers from 0 on, each with at most one second at which it is due.
 * ```
 *   level 0: the 256 seconds of the current stretch, one list each        due ones are taken from here
 *   level 1: 256 stretches of 256 seconds │ level 2: of 65,536 │ level 3: of 16,777,216
 *            └─ when its time has come, a list of a level is spread over the levels below
 * ```
 * Putting, moving and taking one away cost the same however many there are. Lists go through arrays of numbers: 14 bytes
 * a number. Time is in whole seconds from 1 to 2^32 - 1 and only moves forward.
 */
export class TimerWheel {
  /** The second at which the number that {@link next} gave was due. */
  at = 0;
  /** How many are due at some time. */
  count = 0;
  private nowSec = 0;
  /** First of each list, by level and slot; how many each level holds. */
  private readonly heads = new Int32Array(LEVELS * SLOTS).fill(NONE);
  private readonly counts = new Int32Array(LEVELS);
  /** By number: the second, 0 where it is not due; its neighbours in its list; the list. */
  private due = new Uint32Array(FIRST_CAPACITY);
  private after = new Int32Array(FIRST_CAPACITY);
  private before = new Int32Array(FIRST_CAPACITY);
  private lists = new Uint16Array(FIRST_CAPACITY);

  /** The second at which a number is due, 0 where it is not. */
  dueOf(id: number): number {
    return id < this.due.length ? this.due[id] : 0;
  }

  /** Makes a number due at a second, and at no other; one in the past is due now. */
  put(id: number, sec: number): void {
    this.reach(id);
    this.remove(id);
    this.due[id] = sec;
    this.link(id);
    this.count++;
  }

  remove(id: number): void {
    if (this.dueOf(id) === 0) return;
    const { after, before, heads } = this;
    const list = this.lists[id];
    if (before[id] === NONE) heads[list] = after[id];
    else after[before[id]] = after[id];
    if (after[id] !== NONE) before[after[id]] = before[id];
    this.counts[list >>> SLOT_BITS]--;
    this.due[id] = 0;
    this.count--;
  }

  /** Takes the next that is due up to a second, in the order of seconds. @returns -1 where there is none */
  next(untilSec: number): number {
    const id = this.first(untilSec);
    if (id === NONE) return NONE;
    // Before now where it was put when its second had passed.
    this.at = this.due[id];
    this.remove(id);
    return id;
  }

  /** Whether any is due up to a second. */
  isDue(untilSec: number): boolean {
    return this.first(untilSec) !== NONE;
  }

  private first(untilSec: number): number {
    for (;;) {
      const id = this.heads[this.nowSec & (SLOTS - 1)];
      if (id !== NONE || this.nowSec >= untilSec) return id;
      this.step(untilSec);
    }
  }

  /** One second on, or over a stretch in which nothing is due. */
  private step(untilSec: number): void {
    let level = 0;
    while (level < LEVELS - 1 && this.counts[level] === 0) level++;
    if (this.count === 0) {
      this.nowSec = untilSec;
      return;
    }
    const span = SLOTS ** level;
    const nextSec = level === 0 ? this.nextOfStretch(untilSec) : (Math.floor(this.nowSec / span) + 1) * span;
    if (nextSec > untilSec) {
      this.nowSec = untilSec;
      return;
    }
    this.nowSec = nextSec;
    for (let above = 1; above < LEVELS && nextSec % SLOTS ** above === 0; above++)
      this.spread(above * SLOTS + (Math.floor(nextSec / SLOTS ** above) & (SLOTS - 1)));
  }

  /** The next second of the current stretch with a list; where there is none, the one after `untilSec` or the stretch. */
  private nextOfStretch(untilSec: number): number {
    const { heads } = this;
    const last = Math.min(untilSec, this.nowSec - (this.nowSec % SLOTS) + SLOTS - 1);
    let sec = this.nowSec + 1;
    while (sec <= last && heads[sec & (SLOTS - 1)] === NONE) sec++;
    return sec;
  }

  private spread(list: number): void {
    const { heads, after } = this;
    let id = heads[list];
    heads[list] = NONE;
    while (id !== NONE) {
      const next = after[id];
      this.counts[list >>> SLOT_BITS]--;
      this.link(id);
      id = next;
    }
  }

  /** Puts a number into the list of its second. */
  private link(id: number): void {
    const { heads, after, before } = this;
    const list = this.listOf(Math.max(this.due[id], this.nowSec));
    this.lists[id] = list;
    after[id] = heads[list];
    before[id] = NONE;
    if (heads[list] !== NONE) before[heads[list]] = id;
    heads[list] = id;
    this.counts[list >>> SLOT_BITS]++;
  }

  /** The list of a second: on the first level whose present stretch it lies in. */
  private listOf(sec: number): number {
    let level = 0;
    let span = SLOTS;
    while (level < LEVELS - 1 && Math.floor(sec / span) !== Math.floor(this.nowSec / span)) {
      level++;
      span *= SLOTS;
    }
    return level * SLOTS + (Math.floor((sec * SLOTS) / span) & (SLOTS - 1));
  }

  private reach(id: number): void {
    if (id < this.due.length) return;
    const capacity = Math.max(id + 1, this.due.length * 2);
    const grown = <T extends Uint32Array | Int32Array | Uint16Array>(old: T, fresh: T): T => {
      fresh.set(old);
      return fresh;
    };
    this.due = grown(this.due, new Uint32Array(capacity));
    this.after = grown(this.after, new Int32Array(capacity));
    this.before = grown(this.before, new Int32Array(capacity));
    this.lists = grown(this.lists, new Uint16Array(capacity));
  }
}
