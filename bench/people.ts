import { closeSync, openSync, writeSync } from 'node:fs';
import { customerIdOf } from './orders.ts';

const WRITE_CHARS = 1024 * 1024;
const DAYS_AGO = 401;
const DAY_MS = 86_400_000;
const SCHEMES = ['phone', 'openid', 'app'];

/**
 * Writes a file of what makes customers reachable, before their first order: aliases, being a friend, consent to every
 * channel. Without it a decision would weigh nothing: nobody could be contacted.
 */
export const writePeople = (path: string, customers: number, todayMs: number): void => {
  const time = new Date(todayMs - DAYS_AGO * DAY_MS).toISOString();
  const file = openSync(path, 'w');
  let text = '';
  let count = 0;
  const write = (type: string, subject: string, data: string): void => {
    text +=
      `{"specversion":"1.0","type":"${type}","source":"/shop/people","id":"p-${count++}","subject":"${subject}",` +
      `"time":"${time}","data":${data}}\n`;
  };
  for (let customer = 0; customer < customers; customer++) {
    const id = customerIdOf(customer);
    for (const scheme of SCHEMES) write('identity.linked', id, `{"alias":"${scheme}:${id}x"}`);
    write('friend.added', id, '{}');
    write('consent.granted', id, '{"channel":"*"}');
    if (text.length < WRITE_CHARS && customer < customers - 1) continue;
    writeSync(file, text);
    text = '';
  }
  closeSync(file);
};
