import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeText } from './code-text.ts';
import { packageOf, resolved, sourceModule } from './source-module.ts';

/** Begins an expression in the templates of the synthetic sources below. */
const open = '$' + '{';

test('comments, strings, templates and regular expressions are no code', () => {
  const text = [
    "const a = 'Date.now()'; // Date.now()",
    `/* Date.now()\n * Date.now() */ const b = \`Date.now() ${open}code(\`Date.now()\`)} Date.now()\`;`,
    "const c = /Date.now()['/]/.test(x) / 2; const d = 4 / e / Date.parse;",
    'const f = "\\"Date.now()";',
  ].join('\n');
  const code = codeText(text);
  assert.equal(code.length, text.length);
  assert.equal(code.split('\n').length, text.split('\n').length);
  assert.doesNotMatch(code, /Date\.now/);
  assert.match(code, /code\(/);
  assert.match(code, /4 \/ e \/ Date\.parse/);
});

test('braces inside a template do not end its expression', () => {
  const code = codeText(`const a = \`x ${open}f({ b: { c } })} Date.now()\`; done();`);
  assert.match(code, /f\(\{ b: \{ c \} \}\).*; done\(\);$/);
  assert.doesNotMatch(code, /Date/);
});

test('every way to name another file is seen', () => {
  const { references } = sourceModule(
    'src/a/b.ts',
    [
      "import './bare.ts';",
      "import whole, { one, type Two as Three } from './static.ts';",
      "import type {\n  Kind,\n} from '../c/types.ts';",
      "import * as all from './all.ts';",
      "export { given as passed } from './reexport.ts';",
      "const { lazy, other: renamed } = await import('./lazy.ts');",
      "type Deep = import('./deep.ts').Deep;",
      "const later = () => import('./later.ts').then((m) => m.run());",
      "new Worker(new URL('./thread.ts', import.meta.url));",
      "const text = \"import x from './not.ts'\"; // import y from './not.ts'",
    ].join('\n'),
  );
  const seen = Object.fromEntries(references.map(({ specifier, kind, names }) => [specifier, [kind, names]]));
  assert.deepEqual(seen, {
    './bare.ts': ['static', []],
    './static.ts': ['static', ['default', 'one', 'Two']],
    '../c/types.ts': ['static', ['Kind']],
    './all.ts': ['static', undefined],
    './reexport.ts': ['static', ['given']],
    './lazy.ts': ['dynamic', ['lazy', 'other']],
    './deep.ts': ['dynamic', ['Deep']],
    './later.ts': ['dynamic', undefined],
    './thread.ts': ['url', undefined],
  });
  assert.deepEqual(
    references.filter(({ reexport }) => reexport).map(({ specifier }) => specifier),
    ['./reexport.ts'],
  );
});

test('every way to offer a name is seen', () => {
  const { exports } = sourceModule(
    'src/a/b.ts',
    [
      'export const one = 1;',
      'export async function* two() {}',
      'export abstract class Three {}',
      'export interface Four {}',
      'export type Five = 5;',
      'export const { six, seven: eight } = made;',
      'const nine = 9;\nexport { nine, ten as eleven };',
      'export default nine;',
      "const no = 'export const twelve = 12';",
    ].join('\n'),
  );
  assert.equal([...exports].sort().join(' '), 'Five Four Three default eight eleven nine one six two');
});

test('lines are counted without the end of the last one', () => {
  assert.equal(sourceModule('a.ts', 'one\ntwo\n').lines, 2);
  assert.equal(sourceModule('a.ts', 'one\ntwo').lines, 2);
});

test('names of packages and files are resolved', () => {
  assert.equal(resolved('src/a/b.ts', '../c/d.ts'), 'src/c/d.ts');
  assert.equal(resolved('src/a/b.ts', 'fastify'), undefined);
  assert.equal(packageOf('@fastify/swagger/deep'), '@fastify/swagger');
  assert.equal(packageOf('node:fs/promises'), 'node:fs');
});
