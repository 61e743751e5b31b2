import { pick } from './draws.ts';
import type { MarketFile } from './market-schema.ts';

const HOURS = 24;

/** When people of each hour type are there: tables over the hours of weekdays and of weekends. */
export class HourTypes {
  /** Log-odds beside the base, `type * 48 + weekend * 24 + hour`. */
  private readonly logOdds: Float64Array;
  /** Share of a day's own doings in the hour, same order. */
  private readonly shares: Float64Array[] = [];

  constructor(types: MarketFile['people']['hours']) {
    this.logOdds = new Float64Array(types.length * 2 * HOURS);
    for (const [type, { weekday, weekend }] of types.entries())
      for (const [part, peaks] of [weekday, weekend].entries()) {
        const at = (type * 2 + part) * HOURS;
        for (let hour = 0; hour < HOURS; hour++) {
          // Nights are quiet for everybody.
          let z = hour < 7 || hour >= 23 ? -1.5 : 0;
          for (const peak of peaks) {
            const apart = Math.abs(hour + 0.5 - peak.hour);
            z += peak.height * Math.exp(-0.5 * (Math.min(apart, HOURS - apart) / peak.width) ** 2);
          }
          this.logOdds[at + hour] = z;
        }
        const odds = this.logOdds.subarray(at, at + HOURS).map(Math.exp);
        const total = odds.reduce((sum, x) => sum + x, 0);
        this.shares.push(odds.map((x) => x / total));
      }
  }

  /** @param hour local; the person's own shift is taken off here */
  at(type: number, shift: number, isWeekend: boolean, hour: number): number {
    return this.logOdds[(type * 2 + Number(isWeekend)) * HOURS + ((hour - shift + HOURS) % HOURS)];
  }

  /** Share of a day's own doings that falls into a local hour. */
  shareAt(type: number, shift: number, isWeekend: boolean, hour: number): number {
    return this.shares[type * 2 + Number(isWeekend)][(hour - shift + HOURS) % HOURS];
  }

  /** A local hour for something that the person does. @param u uniform */
  draw(type: number, shift: number, isWeekend: boolean, u: number): number {
    return (pick(u, this.shares[type * 2 + Number(isWeekend)]) + shift + HOURS) % HOURS;
  }
}
