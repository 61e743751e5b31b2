const PER_E = 100;
const BINS = 1800;

/** Amounts of money in bins of one percent, however many there are. */
export class MoneyBins {
  private readonly counts = new Float64Array(BINS);
  private readonly sums = new Float64Array(BINS);

  add(money: number): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(Math.log(Math.max(money, 1)) * PER_E)));
    this.counts[bin]++;
    this.sums[bin] += money;
  }

  /** Share of all money that the greatest amounts hold. @param share of the amounts, by number */
  shareOfTop(share: number): number {
    const all = this.counts.reduce((sum, count) => sum + count, 0);
    const total = this.sums.reduce((sum, money) => sum + money, 0);
    let left = share * all;
    let held = 0;
    for (let bin = BINS - 1; bin >= 0 && left > 0; bin--) {
      const taken = Math.min(left, this.counts[bin]);
      if (taken > 0) held += (this.sums[bin] * taken) / this.counts[bin];
      left -= taken;
    }
    return total === 0 ? 0 : held / total;
  }
}
