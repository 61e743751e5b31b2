import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { prove } from '../../src/inference/prove.ts';
import { type Bundle, chooseBundles, listBundles, readBundle } from '../../src/inference/repository.ts';
import { type EngineName, HeadSession } from '../../src/inference/session.ts';
import { loadPack } from '../../src/packs/pack.ts';

const RETAIL = fileURLToPath(new URL('../../models/retail', import.meta.url));
const FIXTURE = new URL('../fixtures/repurchase-parity.json.gz', import.meta.url);
const TOLERANCE = 1e-6;

/** What `models/training/train.py --parity` writes: rows of nobody, and what LightGBM and NumPy make of them. */
interface Parity {
  readonly sha256: string;
  readonly features: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly number[])[];
  readonly expected: readonly (readonly number[])[];
}

const parity = JSON.parse(gunzipSync(readFileSync(FIXTURE)).toString()) as Parity;
const input = Float32Array.from(parity.rows.flat());

const known = (): ReadonlySet<string> => new Set(loadPack(RETAIL).featureNames);

const repurchase = (): Bundle => {
  const ref = chooseBundles(RETAIL, 'retail').find(({ head }) => head === 'repurchase');
  assert(ref !== undefined);
  return readBundle(ref, known());
};

const ENGINES: readonly EngineName[] = ['plan', 'onnxruntime'];

const open = async (t: TestContext, engine: EngineName): Promise<HeadSession> => {
  const session = HeadSession.open(await prove(repurchase(), { plans: engine === 'plan' }));
  t.after(() => session.release());
  assert.equal(session.engine, engine);
  return session;
};

test('every committed bundle passes every check of a start', async () => {
  const refs = listBundles(RETAIL, 'retail');
  assert(refs.length > 0);
  for (const ref of refs) await prove(readBundle(ref, known()));
});

for (const engine of ENGINES)
  test(`scores before rounding equal the Python model to 1e-6 on 1,000 rows and more, by ${engine}`, async (t) => {
    const session = await open(t, engine);
    assert.equal(parity.sha256, session.sha256, 'the rows are of another model: train again with --parity');
    assert.deepEqual(parity.features, session.featureNames);
    assert.deepEqual(
      parity.columns,
      session.columns.map(({ name }) => name),
    );
    assert(parity.rows.length >= 1000);
    const scores = session.scoreRows(input, parity.rows.length);
    const expected = parity.expected.flat();
    assert.equal(scores.length, expected.length);
    const furthest = expected.reduce((most, score, i) => Math.max(most, Math.abs(score - scores[i])), 0);
    assert(furthest <= TOLERANCE, `the furthest score is ${furthest} away`);
    // Rows that all score alike would prove little.
    assert(new Set(expected.map((score) => score.toFixed(3))).size > 300);
  });

for (const engine of ENGINES)
  test(`a customer scores the same bits alone and in any batch, by ${engine}`, async (t) => {
    const session = await open(t, engine);
    const { length } = parity.rows;
    const together = session.scoreRows(input, length);
    for (const size of [1, 3, 64]) {
      const parts = new Float32Array(together.length);
      for (let row = 0; row < length; row += size)
        session.run(
          input.subarray(row * session.inputWidth),
          Math.min(size, length - row),
          parts.subarray(row * session.outputWidth),
        );
      assert.deepEqual(parts, together, `in batches of ${size}`);
    }
  });
