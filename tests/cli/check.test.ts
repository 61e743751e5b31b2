import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SHOP_FEATURES, SHOP_FOLDER } from '../support/bundles.ts';
import { packFolder } from '../support/pack-folder.ts';
import { type CommandRun, runCommand } from './run-command.ts';

const FEATURES = [...SHOP_FEATURES].map((name) => ({ name, kind: 'count', event: 'order.placed', unit: 'orders' }));

/** A pack with the bundles of these heads, and a segment over a name. */
const shopWith = (heads: readonly string[], subject: string): string => {
  const segments = { worth: [{ is: 'high', when: { [subject]: { min: 1 } } }, { is: 'low' }] };
  const folder = packFolder({ features: FEATURES, segments });
  for (const head of heads) cpSync(join(SHOP_FOLDER, head), join(folder, head), { recursive: true });
  return folder;
};

const outputOf = (head: string): string => {
  const manifest = JSON.parse(readFileSync(join(SHOP_FOLDER, head, '1', 'manifest.json'), 'utf8'));
  return manifest.output.columns[0].name;
};

const check = (pack: string, ...more: string[]): Promise<CommandRun> => runCommand(['check', '--pack', pack, ...more]);

test('a sound configuration, pack and its models pass', async () => {
  const { code, stdout, stderr } = await check(shopWith(['linear', 'trees'], outputOf('linear')));
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^ok {2}configuration: pack .*, data directory .*\/data$/m);
  assert.match(stdout, /^ok {2}pack shop 1: 5 features in \d+ bytes a customer, 0 labels$/m);
  assert.match(stdout, /^ok {2}bundle shop\/linear\/1: proven, served, sha256 [0-9a-f]{64}$/m);
  assert.match(stdout, /^ok {2}bundle shop\/trees\/1: proven, served, /m);
  assert.match(stdout, /^ok {2}segments: 1$/m);
});

test('everything that is refused is told, not only the first', async () => {
  const pack = shopWith(['linear', 'logarithm'], 'order');
  const golden = join(pack, 'linear', '1', 'golden.json');
  const told = JSON.parse(readFileSync(golden, 'utf8')) as { expected: number[][] };
  told.expected[3][0] += 1;
  writeFileSync(golden, JSON.stringify(told));
  const { code, stdout, stderr } = await check(pack);
  assert.equal(code, 1);
  assert.match(stdout, /^-- {2}bundle shop\/linear\/1: refused$/m);
  assert.match(stdout, /^-- {2}bundle shop\/logarithm\/1: refused$/m);
  assert.match(stdout, /^-- {2}segments: refused$/m);
  assert.match(stderr, /^beckon: BUNDLE_REFUSED: .*shop\/linear\/1/m);
  assert.match(stderr, /^beckon: PACK_INVALID: .*no feature or output `order`, did you mean `orders`\?/m);
});

test('a pack that cannot be read ends the check with 1, a configuration that is wrong with 2', async () => {
  const unknown = packFolder({ features: [{ name: 'orders', kind: 'count', event: 'order.place', unit: 'orders' }] });
  const pack = await check(unknown);
  assert.equal(pack.code, 1);
  assert.match(pack.stderr, /^beckon: PACK_INVALID: .*`orders`.*did you mean `order\.placed`\?/);
  const config = await check(unknown, '--http-port', '80x');
  assert.deepEqual([config.code, config.stdout], [2, '']);
  assert.match(config.stderr, /^beckon: CONFIG_INVALID: --http-port must be a whole number/);
});
