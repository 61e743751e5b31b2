const FIRST_LENGTH = 1024;

/** A list of 64-bit floats that grows, without an object or a copy of its own for each. */
export class NumberList {
  length = 0;
  private values = new Float64Array(FIRST_LENGTH);

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  /** The numbers themselves, in a view that is good until the next {@link push}. */
  get all(): Float64Array<ArrayBuffer> {
    return this.values.subarray(0, this.length);
  }
}
