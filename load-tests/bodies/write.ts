/**
 * Writes requests for other load generators: `node load-tests/bodies/write.ts --out DIR [--customers 200000] [--count 100000]
 * [--url http://127.0.0.1:8080] [--grpc 127.0.0.1:8081]`: bodies of scores and of events, one a line, scripts for wrk and k6 that
 * send them, messages for ghz, and prints the commands. Customers are C0000000 to C and N - 1.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { trafficOf } from '../../bench/traffic/kinds.ts';
import { startProgress } from '../../src/cli/progress.ts';
import { IO } from '../durability/io.ts';
import { EVENTS, GHZ_COMMANDS, GRPC_SCORES, SCORES, TOOLS } from './templates.ts';

const WRITE_CHARS = 1024 * 1024;

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    customers: { type: 'string', default: '200000' },
    count: { type: 'string', default: '100000' },
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    grpc: { type: 'string', default: '127.0.0.1:8081' },
  },
});
if (values.out === undefined) throw new Error('--out names the folder that is to be written');
const { out, url, grpc } = values;
const customers = Number(values.customers);
const count = Number(values.count);
mkdirSync(out, { recursive: true });

const progress = startProgress(IO, 'bodies', 3 * count, 'requests');
let done = 0;
/** @param separator between two of them */
const writeBodies = (file: string, bodyOf: () => string, [before, separator, after]: readonly string[]): void => {
  const to = openSync(join(out, file), 'w');
  let text = before;
  for (let i = 0; i < count; i++) {
    text += bodyOf() + (i < count - 1 ? separator : after);
    progress.update(done, ++done);
    if (text.length < WRITE_CHARS && i < count - 1) continue;
    writeSync(to, text);
    text = '';
  }
  closeSync(to);
};

const LINES = ['', '\n', '\n'];
const scores = (): (() => string) => {
  const traffic = trafficOf({ kind: 'score', path: '/v1/score', customers, perRequest: 1 });
  return () => traffic.next().body;
};
const events = trafficOf({ kind: 'events', path: '/v1/events', customers, perRequest: 1 });
writeBodies(SCORES, scores(), LINES);
writeBodies(EVENTS, () => events.next().body, LINES);
// A message of this service has the fields of the body.
writeBodies(GRPC_SCORES, scores(), ['[', ',\n', ']\n']);
for (const { file, text } of TOOLS) writeFileSync(join(out, file), text);
progress.stop();

const filled = (command: string): string =>
  command.replaceAll('{out}', out).replaceAll('{url}', url).replaceAll('{grpc}', grpc);
process.stdout.write(`${[...TOOLS.map(({ command }) => command), ...GHZ_COMMANDS].map(filled).join('\n')}\n`);
