import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBlock } from '../support/generate.ts';
import { anchorsOf, brokenLinks, forbiddenWords, reasonsBelow, unreasonedDependencies } from './documents.ts';

test('anchors are made as GitHub makes them', () => {
  assert.deepEqual(anchorsOf('# The `log`\n## A, b & c\n```\n# no heading\n```\n## The log\n### [x](y.md) z'), [
    'the-log',
    'a-b--c',
    'the-log-1',
    'x-z',
  ]);
});

test('links that lead nowhere are found, those in examples and to the web are not', () => {
  const texts: Record<string, string> = { 'docs/b.md': '# Here\n' };
  const repository = { stands: (file: string) => file in texts, textOf: (file: string) => texts[file] };
  const markdown = [
    '# Top',
    '[a](b.md) [a](b.md#here) [a](#top) [a](https://example.org/x) `[a](gone.md)`',
    '```',
    '[a](gone.md)',
    '```',
    '[a](gone.md) ![a](gone.svg) [a](b.md#gone) [a](#gone) [a](../../out.md)',
    '<img src="picture.svg">',
    '[ref]: missing.md',
  ].join('\n');
  assert.deepEqual(
    brokenLinks('docs/a.md', markdown, repository).map((sentence) => sentence.split(' ')[3].replace(',', '')),
    ['gone.md', 'gone.svg', 'b.md#gone', '#gone', '../../out.md', 'picture.svg', 'missing.md'],
  );
});

test('dependencies and their sentences are compared both ways', () => {
  const readme =
    '## Other\n| `x` | X. |\n## Dependencies\n| a | b |\n|---|---|\n| `one` | Serves. |\n| `two` | |\n## End\n| `y` | Y. |';
  const reasons = reasonsBelow(readme, 'Dependencies');
  assert.deepEqual([...reasons.keys()], ['one', 'two']);
  assert.equal(unreasonedDependencies(reasons, ['one', 'two', 'three']).length, 2);
  assert.equal(unreasonedDependencies(reasons, ['two']).length, 2);
  assert.deepEqual(unreasonedDependencies(new Map([['one', 'Serves.']]), ['one']), []);
});

test('places of one machine, registries and marks of unfinished work are found', () => {
  const places = ['work', 'tmp', 'home'].map((folder) => `cd /${folder}/x`);
  const hosts = [['registry', 'npmjs', 'org'].join('.'), `https://${['pypi', 'org'].join('.')}/simple`];
  const marks = [['// TO', 'DO later'].join(''), ['FIX', 'ME'].join('')];
  for (const text of [...places, ...hosts, ...marks]) assert.equal(forbiddenWords('a', text).length, 1, text);
  for (const text of ['src/home/x', 'a network/work/flow', 'https://example.org/home/']) {
    assert.deepEqual(forbiddenWords('a', text), [], text);
  }
});

test('a generated block is replaced and the words around it stay', () => {
  const document = '# T\nbefore\n<!-- generated: x, by npm run generate -->\nold\n<!-- end: x -->\nafter\n';
  const wanted = '# T\nbefore\n<!-- generated: x, by npm run generate -->\nnew $& $1\n<!-- end: x -->\nafter\n';
  assert.equal(withBlock(document, 'x', 'new $& $1'), wanted);
  assert.throws(() => withBlock('# T', 'x', 'new'), /needs/);
  assert.throws(() => withBlock(document + document, 'x', 'new'), /once each/);
});
