import type { RowView } from './row.ts';

const U32_MAX = 0xffff_ffff;

/**
 * The newest inputs of a feature, in words of the row:
 * ```
 *   time, key [, amount] | time, key [, amount] | …    newest first, time 0: empty
 * ```
 * Inputs with equal time and key are one, their amounts added up. Which inputs are kept follows from the inputs alone, in
 * whatever order they came: those with the greatest (time, key).
 */
export class NewestInputs {
  readonly words: number;
  /** First word from the row's base. */
  readonly offset: number;
  private readonly size: number;
  private readonly width: 2 | 3;

  /**
   * @param offset first word from the row's base
   * @param size inputs that are kept
   * @param width words of an input: 3 with an amount
   */
  constructor(offset: number, size: number, width: 2 | 3) {
    this.offset = offset;
    this.size = size;
    this.width = width;
    this.words = size * width;
  }

  /** How many are kept. */
  count(row: RowView): number {
    const { size, width } = this;
    const at = row.base + this.offset;
    let n = 0;
    while (n < size && row.u32[at + n * width] !== 0) n++;
    return n;
  }

  /** @param i 0 for the newest */
  timeOf(row: RowView, i: number): number {
    return row.u32[row.base + this.offset + i * this.width];
  }

  keyOf(row: RowView, i: number): number {
    return row.u32[row.base + this.offset + i * this.width + 1];
  }

  amountOf(row: RowView, i: number): number {
    return row.u32[row.base + this.offset + i * this.width + 2];
  }

  /** @param time an input at 0 is none */
  add({ u32, base }: RowView, time: number, key: number, amount: number): void {
    if (time === 0) return;
    const { width } = this;
    const first = base + this.offset;
    const end = first + this.words;
    let at = first;
    while (at < end && (u32[at] > time || (u32[at] === time && u32[at + 1] > key))) at += width;
    if (at === end) return;
    const isKnown = u32[at] === time && u32[at + 1] === key;
    if (!isKnown) {
      for (let to = end - 1; to >= at + width; to--) u32[to] = u32[to - width];
      u32[at] = time;
      u32[at + 1] = key;
    }
    if (width === 3) u32[at + 2] = Math.min(U32_MAX, amount + (isKnown ? u32[at + 2] : 0));
  }

  merge(into: RowView, from: RowView): void {
    const { width } = this;
    for (let at = from.base + this.offset; at < from.base + this.offset + this.words; at += width)
      this.add(into, from.u32[at], from.u32[at + 1], width === 3 ? from.u32[at + 2] : 0);
  }
}
