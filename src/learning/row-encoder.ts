import type { ExportRow } from './export.ts';

/** Turns rows into the pieces of a file, with little in memory at a time. */
export interface RowEncoder {
  /** @returns a piece to write now, undefined while rows are collected. It is good until the next call. */
  add(row: ExportRow): string | Uint8Array | undefined;
  /** @returns the last piece; nothing may be added after it */
  end(): string | Uint8Array;
}
