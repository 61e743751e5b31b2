/**
 * Who turned out to be one person by the end of the log: customers are small numbers here, and those that links join have
 * one number in common. Labels ask what the person did, under whichever id.
 */
export class People {
  private readonly joined = new Map<number, number>();

  join(a: number, b: number): void {
    const one = this.of(a);
    const other = this.of(b);
    if (one !== other) this.joined.set(Math.max(one, other), Math.min(one, other));
  }

  /** The number that all customers of the person have in common. */
  of(customer: number): number {
    let person = customer;
    for (let next = this.joined.get(person); next !== undefined; next = this.joined.get(person)) person = next;
    return person;
  }
}
