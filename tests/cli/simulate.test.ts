import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { parseArguments } from '../../src/cli/arguments.ts';
import { command } from '../../src/cli/simulate.ts';
import { readOptions } from '../../src/cli/simulation/options.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { runCommand } from './run-command.ts';

const IO = { stdout: process.stdout, stderr: process.stderr, environment: {}, folder: '.' };
const SMALL = ['--customers', '120', '--days', '10'];

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n');

interface Told {
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: Record<string, string>;
}

test('a file of events and one of the truth, byte for byte the same again', async (t) => {
  const folder = tempFolder(t);
  const [a, b, truth] = ['a.jsonl', 'b.jsonl', 'truth.jsonl'].map((name) => join(folder, name));
  const first = await runCommand(['simulate', ...SMALL, '--out', a, '--truth', truth]);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^seed 1: \d+ events of 120 customers over 365 \+ 10 days\nvalue per 1,000 customers/);
  await runCommand(['simulate', ...SMALL, '--out', b]);
  assert.ok(readFileSync(a).equals(readFileSync(b)), 'the truth changes nothing');
  const told = linesOf(truth).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(told.filter(({ kind }) => kind !== undefined).length, 120);
  const made = new Set(linesOf(a).filter((line) => line.includes('"decision.made"')));
  assert.equal(told.filter(({ buyHold }) => buyHold !== undefined).length, made.size);
});

test('a data directory is ready for a service, with the hash that it says, whatever room the rows have', async (t) => {
  const folder = tempFolder(t);
  const state = join(folder, 'data');
  const factsOf = async (path: string, ...room: string[]): Promise<Record<string, unknown>> => {
    const made = await runCommand(['simulate', ...SMALL, '--state', path, ...room]);
    assert.equal(made.code, 0, made.stderr);
    return JSON.parse(made.stdout.trimEnd().split('\n').at(-1)!) as Record<string, unknown>;
  };
  const facts = await factsOf(state);
  const config = join(folder, 'little-room.yaml');
  writeFileSync(config, 'limits: { rowsMax: 64 }');
  assert.deepEqual(await factsOf(join(folder, 'cold'), '--config', config), facts);
  const inspected = await runCommand(['inspect', 'state', '--data-dir', state]);
  assert.deepEqual(JSON.parse(inspected.stdout), facts);
  assert.ok((facts.customers as number) >= 120);
  const again = await runCommand(['simulate', ...SMALL, '--state', state]);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /holds \d+ events already/);
});

test('a service is told everything but the decisions, and advises from it', async (t) => {
  const service = await startService(t, { args: ['--clock', 'log'] });
  const url = `http://${service.http}`;
  const run = await runCommand(['simulate', ...SMALL, '--url', url, '--policy', 'beckon', '--worth']);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /\d+ accepted, \d+ duplicates\n/);
  assert.match(run.stdout, /^beckon +\d+ /m);
  assert.doesNotMatch(run.stdout, /refused/);
});

/** A service that takes all events and advises everybody the same, half a day ahead. */
const adviser = async (t: { after(f: () => void): void }, actionId: string, channel: string) => {
  const events: Told[] = [];
  const asked: { at: string; known: number }[] = [];
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as Told[] | { customerIds: string[]; at: string };
    response.setHeader('content-type', 'application/json');
    if (Array.isArray(body)) {
      events.push(...body);
      response.writeHead(202).end(JSON.stringify({ accepted: body.length, duplicates: 0, rejected: [] }));
      return;
    }
    const { at } = body;
    asked.push({ at, known: events.length });
    const sendAt = new Date(Date.parse(at) + 12 * 3_600_000).toISOString();
    const results = body.customerIds.map((customerId) => ({
      decisionId: `advice-${customerId}-${at}`,
      decision: { actionId, channel, sendAt, hold: false, campaignId: 'always-on' },
    }));
    response.end(JSON.stringify({ results }));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return { events, asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

test('advice is carried out at its time and under its id, and only with consent and address', async (t) => {
  const { events, asked, url } = await adviser(t, 'content_share', 'official_account');
  const run = await runCommand(['simulate', ...SMALL, '--url', url, '--policy', 'beckon']);
  assert.equal(run.code, 0, run.stderr);
  const sent = events.filter(({ type }) => type === 'contact.sent');
  assert.ok(sent.length > 50);
  for (const { subject, time, data } of sent) {
    const at = new Date(Date.parse(time) - 12 * 3_600_000).toISOString();
    assert.equal(data.decisionId, `advice-${subject}-${at}`);
    const before = (type: string): boolean =>
      events.some(
        (e) =>
          e.type === type && e.subject === subject && e.time <= time && /official|openid/.test(JSON.stringify(e.data)),
      );
    assert.ok(before('consent.granted') && before('identity.linked'), subject);
  }
  assert.match(run.stdout, /, [1-9]\d* not sent for want of consent or address/);
  // A morning's question comes after all that has been told until then, and before anything later.
  assert.equal(asked.length, 10);
  for (const { at, known } of asked)
    for (const { time } of events.slice(0, known)) assert.ok(time < at, `${time} ${at}`);
});

test('what does not fit together is said, with exit code 2', async (t) => {
  const folder = tempFolder(t);
  const says: [string[], RegExp][] = [
    [[], /nothing would come of it: give --out/],
    [['--out', 'x', '--customers', '0'], /--customers must be a whole number from 1/],
    [['--out', 'x', '--policy', 'oracel'], /did you mean oracle\?/],
    [['--report', '--policy', 'beckon'], /--policy beckon needs --url/],
    [['--out', 'x', '--seeds', '3'], /--seeds is for --report and --worth/],
    [['extra'], /extra is not an option/],
  ];
  for (const [args, expected] of says)
    assert.throws(() => readOptions(parseArguments(command, args), IO), expected, args.join(' '));
  const run = await runCommand(['simulate', '--out', 'x', '--url', 'ftp://y'], { folder });
  assert.equal(run.code, 2);
  assert.match(run.stderr, /--url must be like/);
  assert.ok(!existsSync(join(folder, 'x')));
});

test('memory does not grow with the number of customers', async (t) => {
  const folder = tempFolder(t);
  const market = join(folder, 'short.json');
  writeFileSync(market, JSON.stringify({ extends: 'plain', historyDays: 20 }));
  // 20,000 lives with their events would not fit into this heap; some thousand at a time do.
  const run = await runCommand(
    [
      'simulate',
      '--customers',
      '20000',
      '--days',
      '8',
      '--market',
      market,
      '--out',
      join(folder, 'o.jsonl'),
      '--report',
    ],
    { environment: { NODE_OPTIONS: '--max-old-space-size=40' } },
  );
  assert.match(run.stdout, /events of 20000 customers/, run.stderr);
});
