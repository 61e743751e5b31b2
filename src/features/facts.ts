import { channelCode } from '../events/channels.ts';
import { FIELD_CODES } from '../events/field-names.ts';
import { type Data, EventValues } from '../events/field-values.ts';

const HUMAN_CALL = channelCode('human_call');
const CHANNEL = FIELD_CODES.get('channel') as number;

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
  /** What the event tells. */
  values: EventValues = new EventValues();
  private channelCode: number | undefined;

  set(typeCode: number, timeMs: number, identityHash: number, values: EventValues): void {
    this.typeCode = typeCode;
    this.sec = Math.floor(timeMs / 1000);
    this.tie = (((timeMs - this.sec * 1000) << 22) | (identityHash >>> 10)) >>> 0;
    this.values = values;
    this.channelCode = undefined;
  }

  /** What it tells as an object, for kinds of which few events are. */
  get data(): Data {
    return this.values.data;
  }

  /**
   * Code of the channel over which the customer was reached. The schema of ended calls knows no channel: they are placed by
   * people unless they name one of ours. Many cells of a row ask.
   */
  get channel(): number {
    if (this.channelCode === undefined) {
      const code = channelCode(this.values.text(CHANNEL) as string);
      this.channelCode = code < 0 ? HUMAN_CALL : code;
    }
    return this.channelCode;
  }
}

/** True where (sec, tie) comes after the stored pair. */
export const isLater = (sec: number, tie: number, storedSec: number, storedTie: number): boolean =>
  sec > storedSec || (sec === storedSec && tie > storedTie);
