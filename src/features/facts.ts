import { channelCode } from '../events/channels.ts';

const HUMAN_CALL = channelCode('human_call');

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
  private channelCode: number | undefined;

  set(typeCode: number, timeMs: number, identityHash: number, data: Readonly<Record<string, unknown>>): void {
    this.typeCode = typeCode;
    this.sec = Math.floor(timeMs / 1000);
    this.tie = (((timeMs - this.sec * 1000) << 22) | (identityHash >>> 10)) >>> 0;
    this.data = data;
    this.channelCode = undefined;
  }

  /**
   * Code of the channel over which the customer was reached. The schema of ended calls knows no channel: they are placed by
   * people unless they name one of ours. Many cells of a row ask.
   */
  get channel(): number {
    if (this.channelCode === undefined) {
      const code = channelCode(this.data.channel as string);
      this.channelCode = code < 0 ? HUMAN_CALL : code;
    }
    return this.channelCode;
  }
}

/** True where (sec, tie) comes after the stored pair. */
export const isLater = (sec: number, tie: number, storedSec: number, storedTie: number): boolean =>
  sec > storedSec || (sec === storedSec && tie > storedTie);
