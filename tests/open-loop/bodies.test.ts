import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isProblem, readEvent } from '../../src/events/validate.ts';
import { tempFolder } from '../support/temp-folder.ts';

const WRITE = fileURLToPath(new URL('../../load-tests/bodies/write.ts', import.meta.url));

test('bodies for other generators are good requests, and every command names a file that was written', (t) => {
  const out = tempFolder(t);
  const commands = execFileSync(process.execPath, [WRITE, '--out', out, '--customers', '50', '--count', '40'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = (file: string): unknown[] =>
    readFileSync(join(out, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const scores = lines('scores.ndjson') as { customerId: string }[];
  assert.equal(new Set(scores.map(({ customerId }) => customerId)).size, 40);
  const events = lines('events.ndjson') as { id: string }[];
  assert.equal(new Set(events.map(({ id }) => id)).size, 40);
  for (const event of events) assert.ok(!isProblem(readEvent(event)));
  const messages = JSON.parse(readFileSync(join(out, 'scores.grpc.json'), 'utf8')) as { customerId: string }[];
  assert.deepEqual(messages, scores);
  for (const tool of ['wrk', 'k6', 'ghz']) assert.match(commands, new RegExp(`^${tool} `, 'm'));
  for (const [path] of commands.matchAll(/\S+\.(lua|js|json)\b/g)) if (path.startsWith(out)) readFileSync(path);
});
