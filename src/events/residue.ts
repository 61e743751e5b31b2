import { createCipheriv, createDecipheriv } from 'node:crypto';
import { HAS_TIME, HEADER_BYTES, RESIDUE_FORMAT } from './record.ts';

/** What an event added to one cell of a group: hash of the cell's name, the two halves of the key, the amount. */
export type GroupEffect = readonly [cell: number, keyLo: number, keyHi: number, amount: number];

/** What stays of an erased customer's event: enough for the fold of the groups and of the dedupe windows. */
export interface Residue {
  /** Shard of the dedupe window that knows the event. */
  readonly dedupeShard: number;
  /** The dedupe hash under the log's secret, so that nobody can try ids on it without. */
  readonly sealedHash: string;
  /** Shard of the customer, whose groups the event moved. */
  readonly shard: number;
  readonly effects: readonly GroupEffect[];
}

const BLOCK_BYTES = 16;
const CIPHER = 'aes-128-ecb';

/** @param secret of the log @returns base64 of one block */
export const sealHash = (lo: number, hi: number, secret: Uint8Array): string => {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.writeUInt32LE(lo, 0);
  block.writeUInt32LE(hi, 4);
  return createCipheriv(CIPHER, secret, null).setAutoPadding(false).update(block).toString('base64');
};

export const openHash = (sealed: string, secret: Uint8Array): { lo: number; hi: number } => {
  const decipher = createDecipheriv(CIPHER, secret, null).setAutoPadding(false);
  const block = decipher.update(Buffer.from(sealed, 'base64'));
  return { lo: block.readUInt32LE(0), hi: block.readUInt32LE(4) };
};

/** The residue as a record. @param timeMs of the event; NaN where it had none */
export const residueRecord = (typeCode: number, timeMs: number, residue: Residue): Uint8Array => {
  const data = Buffer.from(JSON.stringify(residue));
  const record = Buffer.alloc(HEADER_BYTES + data.length);
  const hasTime = !Number.isNaN(timeMs);
  record.writeUInt32LE(record.length, 0);
  record.writeUInt8(RESIDUE_FORMAT, 4);
  record.writeUInt8(hasTime ? HAS_TIME : 0, 5);
  record.writeUInt16LE(typeCode, 6);
  record.writeDoubleLE(hasTime ? timeMs : 0, 8);
  record.writeUInt32LE(data.length, 28);
  data.copy(record, HEADER_BYTES);
  return record;
};
