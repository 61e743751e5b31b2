import { isUtf8 } from 'node:buffer';
import { LIMITS } from '../../base/limits.ts';
import type { IdBytes } from '../../features/id-bytes.ts';
import { ColumnType, ScoreBatchRequest } from './generated/beckon/v1/scoring.ts';
import { strictReader } from './strict-messages.ts';

/** A `ScoreBatchRequest`. Where it asks for columns its customers stay bytes: no text is made of any, and threads share them. */
export interface BatchMessage extends ScoreBatchRequest {
  /** Only where it asks for columns. */
  readonly customers?: AskedIds;
}

/** The customers of a question where they stand in its message. */
export interface AskedIds extends IdBytes {
  /** How many were named; of too many the bounds hold the first. */
  readonly count: number;
  /** Position of the first of them that may be no id. */
  readonly doubtful: number;
}

const CUSTOMER_IDS = 0x0a;
const COLUMNS = 0x40;
/** Of a tag: the kind of its value; a group that ends, and with it the message, as the generated code has it. */
const KIND = 7;
const GROUP_END = 4;
const SPACE = 0x20;
const TILDE = 0x7e;

let bounds = new Uint32Array(0);

/** @throws Error where the bytes are no such message */
export const batchMessage = (bytes: Buffer): BatchMessage => {
  const { customersPerRequestMax: idsMax, idBytesMax } = LIMITS;
  if (bounds.length !== 2 * idsMax) bounds = new Uint32Array(2 * idsMax);
  const reader = strictReader(bytes);
  const others: Uint8Array[] = [];
  let columns: number = ColumnType.UNSPECIFIED;
  let count = 0;
  let doubtful = -1;
  while (reader.pos < reader.len) {
    const before = reader.pos;
    const tag = reader.uint32();
    if (tag === CUSTOMER_IDS) {
      const length = reader.uint32();
      const start = reader.pos;
      const end = start + length;
      if (end > reader.len) throw new RangeError('an id ends behind the message');
      reader.pos = end;
      let isPlain = length > 0 && length <= idBytesMax;
      for (let at = start; at < end; at++) if (bytes[at] < SPACE || bytes[at] > TILDE) isPlain = false;
      if (!isPlain) {
        if (!isUtf8(bytes.subarray(start, end))) throw new Error('an id is not UTF-8');
        if (doubtful < 0) doubtful = count;
      }
      if (count < idsMax) {
        bounds[2 * count] = start;
        bounds[2 * count + 1] = end;
      }
      count++;
      continue;
    }
    if (tag === 0 || (tag & KIND) === GROUP_END) break;
    if (tag === COLUMNS) columns = reader.int32();
    else reader.skip(tag & KIND);
    others.push(bytes.subarray(before, reader.pos));
  }
  if (columns === ColumnType.UNSPECIFIED) return ScoreBatchRequest.decode(strictReader(bytes));
  return {
    ...ScoreBatchRequest.decode(strictReader(Buffer.concat(others))),
    customers: {
      bytes,
      bounds: bounds.slice(0, 2 * Math.min(count, idsMax)),
      count,
      doubtful: doubtful < 0 ? count : doubtful,
    },
  };
};
