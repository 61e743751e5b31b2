import assert from 'node:assert/strict';
import { normalize } from 'node:path';
import { test } from 'node:test';
import { ERRORS } from '../../src/base/errors.ts';
import { staleFiles } from '../support/generate.ts';
import { brokenLinks, forbiddenWords, reasonsBelow, unreasonedDependencies } from './documents.ts';
import { closedDoors, type PackageLock, sideDoors, undeclaredPackages, unlockedPackages } from './libraries.ts';
import {
  barrels,
  brokenImports,
  clocksRead,
  deadFiles,
  forbiddenArrows,
  importCycles,
  longFiles,
  unusedExports,
  type Violations,
} from './module-graph.ts';
import { isBinary, packageManifest, repositoryFiles, sourceModules, stands, textOf } from './repository.ts';
import { DOORS, REACHED_BY_TESTS_ONLY, ROOMS, ROOMS_WITHOUT_CLOCK, USED_WITHOUT_IMPORT } from './rooms.ts';

const LINES_MAX = 400;
const GENERATOR = 'tests/support/generate.ts';

const files = repositoryFiles();
const modules = sourceModules(['src', 'tests', 'bench', 'load-tests']);
const source = modules.filter(({ file }) => file.startsWith('src/'));
const manifest = packageManifest();
const dependencies = Object.keys(manifest.dependencies);
const devDependencies = Object.keys(manifest.devDependencies);
/** What users of the package import, from one place each: names are passed on there, and taken by nobody here. */
const offered = Object.values(manifest.exports).map((file) => normalize(file));
const documents = files.filter((file) => file.endsWith('.md'));

/** What is generated is as long as it is, and offers all that it has. @param violation begins with its file */
const isWritten = (violation: string): boolean => !/^src\/(serving\/grpc|inference)\/generated\//.test(violation);

/** @param violation begins with its file */
const isOffered = (violation: string): boolean => offered.some((file) => violation.startsWith(`${file} `));

/** Fails with all sentences at once, so that one run shows everything there is to mend. */
const holds = (violations: Violations): void => {
  assert.ok(violations.length === 0, `\n${violations.join('\n')}\n`);
};

test('the source was found', () => {
  assert.ok(source.length > 0);
  assert.ok(documents.includes('README.md'));
});

test(`no file is longer than ${LINES_MAX} lines`, () => holds(longFiles(modules, LINES_MAX).filter(isWritten)));

test('every import names a file that is there', () => holds(brokenImports(modules, stands)));

test('arrows between rooms point down only', () => holds(forbiddenArrows(modules, ROOMS)));

test('no import goes round in a circle', () => holds(importCycles(modules)));

test('there are no barrels', () => holds(barrels(source.filter(({ file }) => !offered.includes(file)))));

test('every file of src is reached from the command line, offered to users, or made for the documents', () => {
  const entries = [...Object.values(manifest.bin), ...offered, GENERATOR, ...Object.keys(REACHED_BY_TESTS_ONLY)];
  holds(deadFiles(modules, entries));
});

test('every exported name of src is imported somewhere', () =>
  holds(unusedExports(modules).filter((violation) => isWritten(violation) && !isOffered(violation))));

test('each library is imported through its door', () => holds(sideDoors(source, DOORS)));

test('every package that is imported is declared where its user gets it', () => {
  holds(undeclaredPackages(source, dependencies));
  holds(undeclaredPackages(modules, [manifest.name, ...dependencies, ...devDependencies]));
});

test('npm ci finds every platform in the lock', () =>
  holds(unlockedPackages(JSON.parse(textOf('package-lock.json')) as PackageLock)));

test('every dependency is used', () => {
  const isImported = (name: string): boolean => !name.startsWith('@types/') && USED_WITHOUT_IMPORT[name] === undefined;
  holds(closedDoors(source, dependencies.filter(isImported)));
  holds(closedDoors(modules, devDependencies.filter(isImported)));
});

test('every dependency has one sentence in the README', () =>
  holds(
    unreasonedDependencies(reasonsBelow(textOf('README.md'), 'Dependencies'), [...dependencies, ...devDependencies]),
  ));

test('state and features read no clock', () => holds(clocksRead(modules, ROOMS_WITHOUT_CLOCK)));

test('nothing committed names a machine, a registry or unfinished work', () =>
  holds(files.filter((file) => !isBinary(file)).flatMap((file) => forbiddenWords(file, textOf(file)))));

test('every relative link in a document leads somewhere', () =>
  holds(documents.flatMap((file) => brokenLinks(file, textOf(file), { stands, textOf }))));

test('every error code stands in docs/errors.md', () => {
  const text = textOf('docs/errors.md');
  holds(Object.keys(ERRORS).flatMap((code) => (text.includes(`\`${code}\``) ? [] : [`${code} is not documented`])));
});

test('every room is introduced in CONTRIBUTING.md', () => {
  const rooms = reasonsBelow(textOf('CONTRIBUTING.md'), 'Rooms');
  holds(Object.keys(ROOMS).flatMap((room) => (rooms.has(`${room}/`) ? [] : [`${room}/ is not introduced`])));
});

test('generated documents are fresh', async () => assert.deepEqual(await staleFiles(), []));
