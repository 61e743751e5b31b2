import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadPack } from '../../src/packs/pack.ts';
import { packOf } from '../support/feature-state.ts';
import { tempFolder } from '../support/temp-folder.ts';

const FILES = {
  'pack.yaml': 'name: shop\nversion: "1"\ncurrency: { code: EUR, minorDigits: 2 }\nutcOffset: "-03:30"\n',
  'features.yaml':
    'features:\n  - { name: orders, kind: count, event: order.placed, unit: orders, description: All orders }\n',
};

const folderOf = (t: TestContext, files: Readonly<Record<string, string | undefined>>): string => {
  const folder = tempFolder(t);
  for (const [name, text] of Object.entries({ ...FILES, ...files }))
    if (text !== undefined) writeFileSync(join(folder, name), text);
  return folder;
};

test('a folder of two files is a pack', (t) => {
  const pack = loadPack(folderOf(t, {}));
  assert.equal(pack.name, 'shop');
  assert.deepEqual(pack.featureNames, ['orders']);
  assert.deepEqual(pack.labels, []);
  assert.deepEqual(pack.segments, { segments: {} });
});

const label = (fields: string): string =>
  `labels:\n  - { name: again, event: order.placed, within: 30d }\n  - { ${fields} }\n`;

const WRONG: readonly [file: string, text: string | undefined, sentence: RegExp][] = [
  ['pack.yaml', undefined, /pack\.yaml is missing$/],
  ['features.yaml', undefined, /features\.yaml is missing$/],
  ['pack.yaml', 'name: [', /^pack\.yaml: /],
  ['pack.yaml', `${FILES['pack.yaml']}name: twice`, /^pack\.yaml: .*unique/],
  [
    'pack.yaml',
    `${FILES['pack.yaml']}vesion: 1`,
    /^pack\.yaml: the document has an unknown key "vesion"; did you mean "version"\?$/,
  ],
  ['pack.yaml', FILES['pack.yaml'].replace('"1"', '1'), /^pack\.yaml: version must be a string, not a number$/],
  [
    'pack.yaml',
    FILES['pack.yaml'].replace('shop', 'My Shop'),
    /^pack\.yaml: name must be a name of small letters, digits and hyphens$/,
  ],
  [
    'pack.yaml',
    FILES['pack.yaml'].replace('-03:30', 'Asia/Shanghai'),
    /^pack\.yaml: utcOffset must be an offset such as "\+08:00"$/,
  ],
  [
    'pack.yaml',
    FILES['pack.yaml'].replace('EUR', 'euro'),
    /^pack\.yaml: currency\.code must be three capital letters$/,
  ],
  [
    'features.yaml',
    FILES['features.yaml'].replace('order.placed', 'order.place'),
    /^feature `orders`: unknown event `order\.place`, did you mean `order\.placed`\?$/,
  ],
  [
    'labels.yaml',
    label('name: more, event: order.plced, within: 30d'),
    /^labels\.yaml: label `more`: unknown event `order\.plced`, did you mean `order\.placed`\?$/,
  ],
  [
    'labels.yaml',
    label('name: more, event: order.placed, where: { store: s }, within: 30d'),
    /^labels\.yaml: label `more`: `order\.placed` has no field `store`/,
  ],
  [
    'labels.yaml',
    label('name: more, event: order.placed, within: soon'),
    /^labels\.yaml: labels\[1\]\.within must be a duration such as/,
  ],
  [
    'labels.yaml',
    label('name: again, event: order.refunded, within: 30d'),
    /^labels\.yaml: label `again`: is declared twice$/,
  ],
];

for (const [file, text, sentence] of WRONG)
  test(`a wrong ${file} is refused: ${sentence.source}`, (t) => {
    assert.throws(() => loadPack(folderOf(t, { [file]: text })), { code: 'PACK_INVALID', message: sentence });
  });

test('the retail pack keeps its promises: 60 features and more in a row of at most 1 KiB', () => {
  const { plan, labels } = packOf('models/retail');
  assert.ok(plan.features.length >= 60, `${plan.features.length} features`);
  assert.ok(plan.rowWords <= 256, `${plan.rowWords} words`);
  for (const { spec } of plan.features) assert.ok(spec.serves, `${spec.name} does not say which rule it serves`);
  const isLifetime = (kind: string, field: string | undefined): boolean =>
    plan.features.some(
      ({ spec }) =>
        spec.kind === kind && spec.event === 'order.placed' && spec.field === field && !spec.where && !spec.by,
    );
  assert.ok(isLifetime('count', undefined), 'the lifetime count of orders');
  assert.ok(isLifetime('sum', 'amount'), 'the lifetime sum of their amounts');
  assert.deepEqual(
    labels.filter(({ name }) => name.startsWith('repurchase')).map(({ withinSec }) => withinSec),
    [30 * 86_400, 90 * 86_400],
  );
});
