import type { FeatureReader } from '../../features/read.ts';

/** Those who follow look at the same messages within one turn; links that come later are seen a moment later. */
const KEPT_MS = 100;

/** All ids of customers, each looked up once for however many follow. */
export class CustomerNames {
  private readonly names = new Map<string, readonly string[]>();
  private sinceMs = 0;

  /** @returns the ids by which a customer is known now, the given one among them */
  of(customer: string, reader: FeatureReader): readonly string[] {
    const nowMs = performance.now();
    if (nowMs - this.sinceMs > KEPT_MS) {
      this.names.clear();
      this.sinceMs = nowMs;
    }
    let names = this.names.get(customer);
    if (names === undefined) {
      names = namesNow(customer, reader);
      this.names.set(customer, names);
    }
    return names;
  }
}

const NO_VALUES = new Float64Array(0);

const namesNow = (customer: string, reader: FeatureReader): readonly string[] => {
  for (;;) {
    const profile = reader.profile(customer);
    if (profile !== undefined) return [customer, profile.customerId, ...profile.aliases];
    // The writer was at the row at every try, or somebody erased them meanwhile.
    if (reader.read(customer, 0, false, NO_VALUES) === 'unknown') return [customer];
  }
};
