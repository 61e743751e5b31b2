import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closedDoors, sideDoors, undeclaredPackages, unlockedPackages } from './libraries.ts';
import {
  barrels,
  brokenImports,
  clocksRead,
  deadFiles,
  forbiddenArrows,
  importCycles,
  longFiles,
  unusedExports,
} from './module-graph.ts';
import { sourceModule } from './source-module.ts';

/** A small repository out of its files. */
const repository = (files: Record<string, string>) =>
  Object.entries(files).map(([file, text]) => sourceModule(file, text));

const ALLOWED = { base: [], log: ['base'], cli: ['log', 'base'] };

const sound = repository({
  'src/cli/main.ts': "import { open } from '../log/log.ts';\nawait import('./replay.ts');\nopen();",
  'src/cli/replay.ts': "export const run = () => new Worker(new URL('./thread.ts', import.meta.url));",
  'src/cli/thread.ts': 'export default () => 1;',
  'src/log/log.ts': "import type { Id } from '../base/id.ts';\nexport const open = (id?: Id) => id;",
  'src/base/id.ts': 'export type Id = string;',
});

test('a sound repository passes every check', () => {
  assert.deepEqual(forbiddenArrows(sound, ALLOWED), []);
  assert.deepEqual(importCycles(sound), []);
  assert.deepEqual(deadFiles(sound, ['src/cli/main.ts']), []);
  assert.deepEqual(unusedExports(sound), []);
  assert.deepEqual(barrels(sound), []);
});

test('an arrow that points up is named, be it of a type, lazy or to a thread', () => {
  for (const upward of [
    "import { run } from '../cli/main.ts';",
    "import type { Run } from '../cli/main.ts';",
    "const run = () => import('../cli/main.ts');",
    "new Worker(new URL('../cli/main.ts', import.meta.url));",
  ]) {
    const found = forbiddenArrows(repository({ 'src/log/log.ts': upward }), ALLOWED);
    assert.deepEqual(found, ['src/log/log.ts imports src/cli/main.ts: log must not know cli'], upward);
  }
  assert.equal(forbiddenArrows(repository({ 'src/attic/a.ts': '' }), ALLOWED).length, 1);
  assert.equal(forbiddenArrows(repository({ 'src/main.ts': '' }), ALLOWED).length, 1);
  assert.equal(
    forbiddenArrows(repository({ 'src/log/log.ts': "import '../../tests/a.ts';" }), ALLOWED)[0],
    'src/log/log.ts imports tests/a.ts, which is outside src',
  );
});

test('the address of a folder is no arrow', () => {
  const models = repository({ 'src/log/log.ts': "new URL('../../models/', import.meta.url);" });
  assert.deepEqual(forbiddenArrows(models, ALLOWED), []);
});

test('a circle is named with every file of it', () => {
  const circle = repository({
    'src/base/a.ts': "import './b.ts';",
    'src/base/b.ts': "import type { C } from './c.ts';",
    'src/base/c.ts': "export const later = () => import('./a.ts');",
  });
  assert.deepEqual(importCycles(circle), ['src/base/a.ts → src/base/b.ts → src/base/c.ts → src/base/a.ts is a cycle']);
  assert.equal(importCycles(repository({ 'src/base/a.ts': "import './a.ts';" })).length, 1);
});

test('a file that only its dead neighbour imports is dead', () => {
  const found = deadFiles(
    [...sound, ...repository({ 'src/log/x.ts': "import './y.ts';", 'src/log/y.ts': '', 'tests/x.test.ts': '' })],
    ['src/cli/main.ts'],
  );
  assert.deepEqual(found, ['src/log/x.ts is reached from no entry', 'src/log/y.ts is reached from no entry']);
});

test('an exported name that only its own file uses is named', () => {
  const lonely = repository({ 'src/base/a.ts': 'export const one = 1;\nexport const two = one;' });
  assert.equal(unusedExports(lonely).length, 2);
  const user = repository({ 'tests/base/a.test.ts': "import { two } from '../../src/base/a.ts';" });
  assert.deepEqual(unusedExports([...lonely, ...user]), ['src/base/a.ts exports one, which nobody imports']);
  const types = repository({
    'src/base/a.ts': 'export interface Used {}\nexport type Lonely = 1;\nconst f = (u: Used) => u;',
  });
  assert.deepEqual(unusedExports(types), ['src/base/a.ts exports Lonely, which nobody imports']);
});

test('barrels are found by name and by what they do', () => {
  const found = barrels(repository({ 'src/log/index.ts': '', 'src/log/a.ts': "export * from './b.ts';" }));
  assert.equal(found.length, 2);
});

test('imports of nothing and without their ending are found', () => {
  const modules = repository({ 'src/log/a.ts': "import './b';\nimport './gone.ts';\nimport './here.ts';" });
  const found = brokenImports(modules, (file) => file !== 'src/log/gone.ts');
  assert.equal(found.length, 2);
});

test('long files are found', () => {
  const modules = repository({ 'src/a/a.ts': 'x\n'.repeat(400), 'tests/b.ts': 'x\n'.repeat(401) });
  assert.deepEqual(longFiles(modules, 400), ['tests/b.ts has 401 lines, more than 400']);
});

test('clocks are found in code and not in prose, and only where they are forbidden', () => {
  const readings = [
    'const t = Date.now();',
    'const t = new Date();',
    'const t = new Date;',
    'const t = Date();',
    'const t = performance.now();',
    'const t = process.hrtime.bigint();',
    'setTimeout(f, 1);',
    'const t = clock.nowMs();',
  ];
  for (const reading of readings) {
    assert.equal(clocksRead(repository({ 'src/state/a.ts': reading }), ['state']).length, 1, reading);
    assert.equal(clocksRead(repository({ 'src/serving/a.ts': reading }), ['state']).length, 0, reading);
  }
  const pure =
    "// Date.now()\nconst a = new Date(timeMs).getUTCHours();\nconst b = Date.UTC(given.nowMs, 2);\nconst c = 'Date.now()';";
  assert.deepEqual(clocksRead(repository({ 'src/state/a.ts': pure }), ['state']), []);
});

test('a library is imported through its door', () => {
  const doors = { fastify: ['src/serving/'], 'node:sqlite': ['src/log/sqlite-log.ts'], autocannon: [] };
  const imports = "import 'fastify';\nimport type { DatabaseSync } from 'node:sqlite';\nimport 'node:fs/promises';";
  assert.deepEqual(sideDoors(repository({ 'src/state/writer.ts': imports }), doors), [
    'src/state/writer.ts imports node:sqlite, whose door is src/log/sqlite-log.ts',
    'src/state/writer.ts imports fastify, whose door is src/serving/',
  ]);
  assert.equal(sideDoors(repository({ 'src/log/a.ts': "import 'autocannon';" }), doors).length, 1);
  assert.equal(sideDoors(repository({ 'src/log/a.ts': "import 'unheard-of';" }), doors).length, 1);
  assert.deepEqual(sideDoors(repository({ 'src/log/sqlite-log.ts': "import 'node:sqlite';" }), doors), []);
});

test('dependencies and imports are the same set', () => {
  const modules = repository({ 'src/log/a.ts': "import '@scope/used/deep';\nimport 'hoisted';\nimport 'node:fs';" });
  assert.deepEqual(closedDoors(modules, ['@scope/used', 'unused']), ['unused is a dependency that nobody imports']);
  assert.equal(undeclaredPackages(modules, ['@scope/used']).length, 1);
});

test('binaries of other platforms that a lock names must stand in it', () => {
  const packages = {
    'node_modules/a': { optionalDependencies: { 'a-linux': '1', 'a-darwin': '1' } },
    'node_modules/a-linux': {},
  };
  assert.deepEqual(unlockedPackages({ packages }), ['package-lock.json lacks a-darwin, which node_modules/a may need']);
});
