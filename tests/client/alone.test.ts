import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LOADED = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
  const { connect } = await import('beckon/client');
  connect({ http: 'localhost:1', grpc: 'localhost:1' }).close();
  console.log(JSON.stringify(loaded));
`;

test('a program that imports the client loads nothing of the service but messages, codes and bounds', () => {
  const text = execFileSync(process.execPath, ['--input-type=module', '--eval', LOADED], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const root = pathToFileURL(ROOT).href;
  const own = (JSON.parse(text) as string[]).filter((url) => url.startsWith(root) && !url.includes('/node_modules/'));
  const files = own.map((url) => url.slice(root.length));
  assert.ok(files.includes('src/client/client.ts'));
  const needed = /^src\/(client\/|serving\/grpc\/generated\/|base\/(errors|limits)\.ts$)/;
  assert.deepEqual(
    files.filter((file) => !needed.test(file)),
    [],
  );
});
