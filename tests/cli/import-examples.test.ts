import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { textOf } from '../shape/repository.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { runCommand } from './run-command.ts';

const blocks = Array.from(
  textOf('docs/import.md').matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm),
  ([, language, name, content]) => ({ language, name, content }),
);
const block = (language: string, name: string): string =>
  blocks.find((candidate) => candidate.language === language && candidate.name === name)?.content ?? '';
const files = blocks.filter(({ language }) => language === 'csv').map(({ name }) => name);

test('docs/import.md has three examples', () => assert.equal(files.length, 3));

for (const file of files)
  test(`the example of ${file} makes the events and the errors that stand below it`, async (t) => {
    const folder = tempFolder(t);
    const map = file.replace('.csv', '.map.yaml');
    writeFileSync(join(folder, file), block('csv', file));
    writeFileSync(join(folder, map), block('yaml', map));
    const posted: Record<string, unknown>[] = [];
    const server = createServer(async (request, response) => {
      const batch = JSON.parse(await text(request)) as Record<string, unknown>[];
      posted.push(...batch);
      response.writeHead(202).end(JSON.stringify({ accepted: batch.length, duplicates: 0, rejected: [] }));
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stderr } = await runCommand(['import', file, '--map', map, '--url', url], { folder });
    assert.equal(code, 0, stderr);
    assert.equal(stderr, block('text', file));
    const wanted = block('json', file)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    // Customers may go out side by side; one customer's events keep their order.
    const bySubject = (events: readonly Record<string, unknown>[]): Record<string, unknown>[] =>
      events.toSorted((a, b) => (`${a.subject}` < `${b.subject}` ? -1 : a.subject === b.subject ? 0 : 1));
    const found = bySubject(posted).map(({ type, id, subject, time, data }, i) => ({
      type,
      id: bySubject(wanted)[i]?.id === '*' ? '*' : id,
      subject,
      time,
      data,
    }));
    assert.deepEqual(found, bySubject(wanted));
  });
