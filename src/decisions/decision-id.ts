import { randomBytes } from 'node:crypto';

const SHARD_DIGITS = 3;

/**
 * Makes ids of decisions: the shard in hex first, so that a route that names only the id finds its row; then what no
 * other thread or process has (80 random bits), then a count.
 */
export class DecisionIds {
  private readonly own = randomBytes(10).toString('base64url');
  /** What ids of a shard begin with, by shard. */
  private readonly prefixes: string[] = [];
  private count = 0;

  next(shard: number): string {
    this.prefixes[shard] ??= `${shard.toString(16).padStart(SHARD_DIGITS, '0')}-${this.own}-`;
    return this.prefixes[shard] + (this.count++).toString(36);
  }
}
