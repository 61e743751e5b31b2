import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { copiedPaths, dockerStages, entersContext } from './dockerfile.ts';
import { packageManifest, stands, textOf } from './repository.ts';

const stages = dockerStages(textOf('Dockerfile'));
const image = stages.at(-1) ?? [];
const ignore = textOf('.dockerignore');

/** What the last instruction of a name in the image says. */
const said = (name: string): string => image.findLast((instruction) => instruction.name === name)?.rest ?? '';

test('the image is made in stages, on the Node that the repository pins', () => {
  assert.ok(stages.length >= 2);
  const { node } = packageManifest().devDependencies;
  for (const [from] of stages)
    assert.match(from.rest, new RegExp(`^node:${node.replaceAll('.', '\\.')}-bookworm-slim`));
});

test('nothing that it copies is missing or kept out of the build', () => {
  const paths = stages.flatMap(copiedPaths);
  assert.ok(paths.includes('src') && paths.includes('models') && paths.includes('package-lock.json'));
  for (const path of paths) {
    assert.ok(stands(path), `${path} is not there`);
    assert.ok(entersContext(ignore, path), `${path} is kept out by .dockerignore`);
  }
  for (const path of ['node_modules', 'data', 'tests/a.ts', '.git', 'models/training/train.py']) {
    assert.ok(!entersContext(ignore, path), `${path} enters the build`);
  }
});

test('packages come without those of development', () => {
  const installs = stages.flat().filter(({ name, rest }) => name === 'RUN' && /npm (ci|i|install)\b/.test(rest));
  assert.equal(installs.length, 1);
  assert.match(installs[0].rest, /npm ci --omit=dev .*prune-onnxruntime\.sh node_modules/);
});

test('it runs as a user without rights, on the entry of the command line', () => {
  assert.equal(said('USER'), 'node');
  const [command, entry] = JSON.parse(said('ENTRYPOINT')) as string[];
  assert.equal(command, 'node');
  assert.ok(stands(entry), `${entry} is not there`);
  assert.deepEqual(JSON.parse(said('CMD')), ['start']);
  assert.match(said('ENV'), new RegExp(`BECKON_DATA_DIR=${said('VOLUME')}(\\s|$)`));
});

test('its health check passes on 200 and fails on 503 and on silence', async (t) => {
  const [program, ...args] = JSON.parse(said('HEALTHCHECK').replace(/^.*?CMD /, '')) as string[];
  assert.equal(program, 'node');
  let status = 200;
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    response.writeHead(status, { connection: 'close' }).end();
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const port = (server.address() as AddressInfo).port;
  const exitCode = async (): Promise<unknown> => {
    const environment = { ...process.env, BECKON_ADMIN_PORT: String(port) };
    return (await once(spawn(process.execPath, args, { env: environment }), 'exit'))[0];
  };
  assert.equal(await exitCode(), 0);
  status = 503;
  assert.equal(await exitCode(), 1);
  assert.deepEqual(paths, ['/readyz', '/readyz']);
  server.close();
  assert.equal(await exitCode(), 1);
});

/** A package folder with the libraries of three platforms. */
const libraries = (t: TestContext): string => {
  const modules = mkdtempSync(join(tmpdir(), 'beckon-prune-'));
  t.after(() => rmSync(modules, { recursive: true }));
  for (const platform of ['linux/x64', 'linux/arm64', 'win32/x64']) {
    const folder = join(modules, 'onnxruntime-node/bin/napi-v6', platform);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'library'), platform);
  }
  return modules;
};

const prune = (...args: string[]) =>
  spawnSync('sh', [fileURLToPath(new URL('../../deploy/prune-onnxruntime.sh', import.meta.url)), ...args]).status;

test('pruning keeps the library of the platform and no other', (t) => {
  const modules = libraries(t);
  assert.equal(prune(modules, 'linux', 'arm64'), 0);
  const left = ['linux/arm64/library', 'linux/x64', 'win32'].map((path) =>
    existsSync(join(modules, 'onnxruntime-node/bin/napi-v6', path)),
  );
  assert.deepEqual(left, [true, false, false]);
});

test('pruning for a platform without a library fails and takes nothing away', (t) => {
  const modules = libraries(t);
  assert.equal(prune(modules, 'linux', 'riscv64'), 1);
  assert.ok(existsSync(join(modules, 'onnxruntime-node/bin/napi-v6/win32/x64/library')));
});
