import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tempFolder } from '../support/temp-folder.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** The demo as `npm run demo` starts it, without a terminal, its data below a folder of the test. */
const startDemo = (t: TestContext, args: readonly string[]) => {
  const folder = tempFolder(t);
  const env = { PATH: process.env.PATH, TMPDIR: folder };
  assert.equal(scripts.demo, 'node src/cli/main.ts demo');
  const child = spawn(process.execPath, [MAIN, 'demo', ...args], {
    env,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  return { child, folder, lines: createInterface(child.stdout), exit: once(child, 'exit'), errors: () => errors };
};

const DECISION = /^\d{4}-\d\d-\d\dT\S+Z {2}m7-\d+ {2}(hold|[a-z_]+ {2}[a-z_]+ {2}at \S+Z {2}worth \d+\.\d\d)/;

test('the demo shows each decision in a line, ends with what came of it, and leaves nothing behind', async (t) => {
  const { lines, folder, exit, errors } = startDemo(t, ['--customers', '60', '--days', '4', '--seconds-a-day', '0']);
  const seen: string[] = [];
  for await (const line of lines) seen.push(line);
  const [code] = await exit;
  assert.equal(code, 0, errors());
  const decisions = seen.filter((line) => DECISION.test(line));
  const told = seen
    .map((line) => /^day \d+: .* (\d+) decisions$/.exec(line)?.[1])
    .filter((count) => count !== undefined);
  assert.ok(decisions.length > 10, seen.join('\n'));
  assert.equal(
    decisions.length,
    told.reduce((sum, count) => sum + Number(count), 0),
  );
  assert.match(seen[0], /^Beckon answers at http:\/\/127\.0\.0\.1:\d+ /);
  assert.match(seen.at(-1) ?? '', new RegExp(`^\\d+ events, ${decisions.length} decisions, \\d+ of them to contact`));
  assert.deepEqual(readdirSync(folder), []);
});

test('Ctrl-C ends the demo in the middle of a day, cleanly', async (t) => {
  const { child, lines, folder, exit, errors } = startDemo(t, ['--customers', '60', '--seconds-a-day', '3600']);
  for await (const line of lines) if (DECISION.test(line)) child.kill('SIGINT');
  assert.deepEqual(await exit, [0, null], errors());
  assert.deepEqual(readdirSync(folder), []);
});

test('what cannot be is refused before anything starts', async (t) => {
  const { exit, errors } = startDemo(t, ['--customers', 'many']);
  assert.deepEqual(await exit, [2, null]);
  assert.match(errors(), /USAGE: --customers must be a number/);
});
