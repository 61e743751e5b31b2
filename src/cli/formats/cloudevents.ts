import type { Event } from '../../events/event.ts';
import { isProblem, readEvent } from '../../events/validate.ts';
import type { Tally } from './tally.ts';
import type { TextFile } from './text-file.ts';

/** One structured CloudEvent as JSON a line, read as `POST /v1/events` reads them; empty lines mean nothing. */
export async function* readCloudEvents(file: TextFile, tally: Tally): AsyncGenerator<Event[]> {
  let rest = '';
  let line = 0;
  const read = (text: string, events: Event[]): void => {
    const event = readLine(text, ++line, file.path, tally);
    if (event !== undefined) events.push(event);
  };
  for await (const chunk of file.chunks()) {
    rest += chunk;
    const events: Event[] = [];
    let start = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
      read(rest.slice(start, end), events);
      start = end + 1;
    }
    rest = rest.slice(start);
    yield events;
  }
  const last: Event[] = [];
  if (rest !== '') read(rest, last);
  yield last;
}

/** @param line number of the line, 1 for the first @returns undefined where it is empty or, as the tally then tells, wrong */
export const readLine = (text: string, line: number, path: string, tally: Tally): Event | undefined => {
  const json = line === 1 && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (json.trim() === '') return undefined;
  tally.rowsRead++;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    tally.reject('MALFORMED_JSON', 1, `${path} line ${line}: not JSON`);
    return undefined;
  }
  const event = readEvent(value);
  if (!isProblem(event)) return event;
  tally.reject(event.code, 1, `${path} line ${line}: ${event.message}`);
  return undefined;
};
