import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { FORMATS } from '../../src/cli/formats/formats.ts';
import { Tally } from '../../src/cli/formats/tally.ts';
import { openText } from '../../src/cli/formats/text-file.ts';
import type { Event } from '../../src/events/event.ts';
import { tempFolder } from '../support/temp-folder.ts';

export interface Reading {
  readonly events: Event[];
  readonly tally: Tally;
}

export const readFile = async (format: string, path: string): Promise<Reading> => {
  const tally = new Tally();
  const events: Event[] = [];
  for await (const piece of FORMATS[format](await openText(path), tally)) events.push(...piece);
  return { events, tally };
};

/** Reads a text as a file of the format. */
export const readText = async (t: TestContext, format: string, text: string | Buffer): Promise<Reading> => {
  const path = join(tempFolder(t), 'file');
  writeFileSync(path, text);
  return readFile(format, path);
};

/** An event as one line: type, subject, id, time, data. */
export const line = ({ type, subject, id, timeMs, data }: Event): string =>
  `${type} ${subject} ${id} ${new Date(timeMs).toISOString()} ${JSON.stringify(data)}`;
