/**
 * What kinds see of an event while it is applied. One object is reused for every event.
 * `sec` and `tie` together order events totally: by time, then by millisecond, then by the hash of (source, id),
 * so that arrival never decides.
 */
export class EventFacts {
  typeCode = 0;
  /** Event time, seconds since the epoch. */
  sec = 0;
  /** Order within the second: milliseconds in the upper 10 bits, hash of (source, id) below. */
  tie = 0;
  data: Readonly<Record<string, unknown>> = {};

  set(typeCode: number, timeMs: number, identityHash: number, data: Readonly<Record<string, unknown>>): void {
    this.typeCode = typeCode;
    this.sec = Math.floor(timeMs / 1000);
    this.tie = (((timeMs - this.sec * 1000) << 22) | (identityHash >>> 10)) >>> 0;
    this.data = data;
  }
}

/** True where (sec, tie) comes after the stored pair. */
export const isLater = (sec: number, tie: number, storedSec: number, storedTie: number): boolean =>
  sec > storedSec || (sec === storedSec && tie > storedTie);
