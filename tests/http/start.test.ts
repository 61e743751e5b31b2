import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { failingService, startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const RETAIL = fileURLToPath(new URL('../../models/retail', import.meta.url));

test('a damaged bundle is refused by its hash', async (t) => {
  const pack = join(tempFolder(t), 'retail');
  cpSync(RETAIL, pack, { recursive: true });
  const model = join(pack, 'repurchase', '1', 'model.onnx');
  const bytes = readFileSync(model);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(model, bytes);
  const { exit, stderr, stdout } = await failingService(t, { args: ['--pack', pack] });
  assert.equal(exit, 1);
  assert.match(stderr, /^beckon: BUNDLE_REFUSED: .*sha256/m);
  assert.ok(!stdout.includes('"msg":"ready"'));
});

test('what was written wrongly is refused in the words of the one who wrote it', async (t) => {
  const wrong = [
    [{ args: ['--http-prot', '80'] }, /--http-prot/],
    [{ env: { BECKON_HTTP_PROT: '80' } }, /BECKON_HTTP_PROT; did you mean BECKON_HTTP_PORT\?/],
    [{ env: { BECKON_SERVING_THREADS: 'two' } }, /BECKON_SERVING_THREADS must be a whole number/],
    [{ args: ['--host', '0.0.0.0'] }, /--insecure/],
    [{ args: ['--pack', 'retial'] }, /retial/],
  ] as const;
  await Promise.all(
    wrong.map(async ([options, message]) => {
      const { exit, stdout, stderr } = await failingService(t, options);
      assert.equal(exit, 2);
      assert.match(stderr, message);
      assert.equal(stdout, '');
    }),
  );
});

test('a port or a data directory in use is said to be', async (t) => {
  const service = await startService(t);
  const port = (address: string): string => address.split(':')[1];
  const taken = [
    [
      { args: ['--http-port', port(service.http)] },
      new RegExp(`ADDRESS_UNAVAILABLE: .*:${port(service.http)} cannot be listened on: another process`),
    ],
    [
      { args: ['--admin-port', port(service.admin)] },
      new RegExp(`ADDRESS_UNAVAILABLE: .*:${port(service.admin)} cannot be listened on: another process`),
    ],
    [{ dataDir: service.dataDir }, /DATA_DIR_LOCKED/],
  ] as const;
  await Promise.all(
    taken.map(async ([options, message]) => {
      const { exit, stderr } = await failingService(t, options);
      assert.equal(exit, 1);
      assert.match(stderr, message);
    }),
  );
  assert.equal(await service.stop(), 0);
});
