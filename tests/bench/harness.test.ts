import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RUNNER_ENVIRONMENT } from '../support/runner-environment.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const MAIN = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
const SHORT = ['--quick', '--only', 'http-score', '--customers', '500', '--seconds', '0.3'];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The benchmark over a service, into which a plant may have been put. */
const bench = async (t: TestContext, dataDir: string, plant: string | undefined, ...args: string[]): Promise<Ended> => {
  const path = plant && fileURLToPath(new URL(`plants/${plant}.ts`, import.meta.url));
  const env: Record<string, string> = path === undefined ? {} : { NODE_OPTIONS: `--import=${path}` };
  const { http, stop } = await startService(t, { dataDir, env });
  const own = tempFolder(t);
  const line = [
    MAIN,
    ...SHORT,
    '--json',
    join(own, 'run.json'),
    '--html',
    join(own, 'run.html'),
    '--url',
    `http://${http}`,
    ...args,
  ];
  const child = spawn(process.execPath, line, { env: RUNNER_ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = Promise.withResolvers<number>();
  child.once('exit', ended.resolve);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const code = await ended.promise;
  await stop();
  return { code, stdout, stderr };
};

test('a planted delay is told from the run before, a planted wrong answer fails the run, and the report is whole', async (t) => {
  const folder = tempFolder(t);
  const dataDir = join(folder, 'data');
  const json = join(folder, 'baseline.json');
  const html = join(folder, 'baseline.html');
  const plain = await bench(t, dataDir, undefined, '--fill', '--json', json, '--html', html);
  assert.equal(plain.code, 0, plain.stderr);
  const report = JSON.parse(readFileSync(json, 'utf8'));
  assert.deepEqual(
    report.results.map(({ name }: { name: string }) => name),
    ['http-score'],
  );
  const page = readFileSync(html, 'utf8');
  for (const said of [
    report.machine.commit,
    report.machine.node,
    report.schedule,
    report.dataSet,
    '<svg',
    'http-score',
  ])
    assert.ok(page.includes(said), said);
  assert.doesNotMatch(page, /<script|<link|src=/, 'it needs nothing from elsewhere');

  const slow = await bench(t, dataDir, 'slow-scores', '--compare', json);
  assert.equal(slow.code, 1, slow.stdout);
  assert.match(slow.stderr, /FAILED: http-score: .* against .*, -\d\d %/);

  const wrong = await bench(t, dataDir, 'wrong-scores');
  assert.equal(wrong.code, 1, wrong.stdout);
  assert.match(wrong.stderr, /FAILED: http-score: \d+ wrong answers/);
});
