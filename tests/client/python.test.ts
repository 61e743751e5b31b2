import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { advisingPack } from '../support/advising-pack.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const run = promisify(execFile);
const PROTO = fileURLToPath(new URL('../../proto/', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../examples/python/score.py', import.meta.url));

test('the Python example runs on code made from the definitions as they are', async (t) => {
  const python = process.env.BECKON_TEST_PYTHON;
  if (python === undefined) return t.skip('BECKON_TEST_PYTHON names no Python');
  const missing = await run(python, ['-c', 'import grpc_tools, grpc_status']).then(
    () => false,
    () => true,
  );
  if (missing) return t.skip('that Python lacks what examples/python/requirements.txt names');
  const made = tempFolder(t);
  const files = readdirSync(`${PROTO}beckon/v1`).map((name) => `beckon/v1/${name}`);
  const out = [`--python_out=${made}`, `--grpc_python_out=${made}`];
  await run(python, ['-m', 'grpc_tools.protoc', `-I${PROTO}`, ...out, ...files]);
  const service = await startService(t, { args: ['--pack', advisingPack()] });
  const example = async (): Promise<string[]> => {
    const env = { ...process.env, PYTHONPATH: made, PYTHONDONTWRITEBYTECODE: '1' };
    const { stdout } = await run(python, [EXAMPLE, '--grpc', service.grpc], { env, timeout: 30_000 });
    return stdout.trim().split('\n');
  };
  const answers = [
    'decision: ada coupon, known: true',
    'streamed: 0 ada coupon',
    'streamed: 1 refused REQUEST_INVALID',
    'streamed: 2 bob hold',
    'refused: EVENT_DATA_INVALID',
  ];
  assert.deepEqual(await example(), ['appended: 1 accepted, 0 duplicates', ...answers]);
  assert.deepEqual(await example(), ['appended: 0 accepted, 1 duplicates', ...answers]);
});
