import { createHash } from 'node:crypto';
import type { EventType } from '../../events/catalogue.ts';
import type { Row } from './row.ts';

/** An event before it is checked as `POST /v1/events` checks it. */
export interface Draft {
  readonly type: EventType;
  readonly id: string;
  readonly subject: string;
  /** NaN where the rows name no time: the log time is used. */
  readonly timeMs: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** Where its first row begins. */
  readonly line: number;
  /** Rows that it was made of. */
  readonly rows: number;
}

/** Who and when a row speaks of; undefined where a cell is wrong. */
export interface RowFrame {
  readonly subject: string | undefined;
  readonly timeMs: number | undefined;
  /** Made of the columns that the map names under `id`. */
  readonly id: string | undefined;
}

/** Turns the rows of one kind into events. */
export interface Maker {
  /** Reads every cell that it needs, also in a row in which something is wrong already: such a row gives no events. */
  row(row: Row, frame: RowFrame): Draft[];
  /** What could only be made after the last row. */
  end(): Draft[];
}

/** Bits of an id that is made of what an event says: two different ones never meet. */
const ID_HEX = 32;

/** The id of an event that names none: the same words, the same id. */
export const contentId = (...words: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, ID_HEX);

/** Without fields that are undefined. */
export const present = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
