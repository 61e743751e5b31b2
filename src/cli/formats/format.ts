import type { Event } from '../../events/event.ts';
import type { Tally } from './tally.ts';
import type { TextFile } from './text-file.ts';

/**
 * Turns a file into events, in pieces, in the order of the file. Rows that cannot be used are counted in the tally; the
 * same file gives the same events with the same ids every time.
 * @throws BeckonError FILE_UNREADABLE where the file is not of this format at all
 */
export type Format = (file: TextFile, tally: Tally) => AsyncGenerator<Event[]>;
