import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GrpcClient, type Message } from '../grpc/grpc-client.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { startService } from '../support/service.ts';
import { startTriton, whyNoTriton } from './triton-core.ts';

const BUNDLE = fileURLToPath(new URL('../../models/retail/repurchase/1/', import.meta.url));
const MODEL = '/v2/models/repurchase';
const CUSTOMERS = ['ada', 'bob', '客户'];
/** Of scores in answers, which have four digits. */
const ROUNDING = 0.5e-4 + 1e-9;

const json = (name: string): Message => JSON.parse(readFileSync(`${BUNDLE}${name}`, 'utf8'));
const { input, output, version } = json('manifest.json');
const golden = json('golden.json') as { rows: number[][]; expected: number[][]; tolerance: number };

const near = (got: readonly number[], want: readonly number[], tolerance: number): void => {
  assert.equal(got.length, want.length);
  for (const [i, value] of want.entries())
    assert.ok(Math.abs(got[i] - value) <= tolerance, `${i}: ${got[i]}, ${value}`);
};

test('the Open Inference Protocol', async (t) => {
  const service = await startService(t);
  const client = new Client(t, service.http);
  const grpc = new GrpcClient(t, service.grpc);
  const orders = CUSTOMERS.map((subject, i) =>
    cloudEvent({ id: `o${i}`, subject, data: { orderId: `${i}`, amount: 50 * i } }),
  );
  assert.equal((await client.events(orders)).status, 202);
  const rows = golden.rows.length;
  const tensor = { name: input.name, datatype: 'FP32', shape: [rows, golden.rows[0].length] };
  const infer = (body: object, path = `${MODEL}/infer`): Promise<{ status: number; json: Message }> =>
    client.ask(path, { body });

  await t.test('rows as JSON, flat or nested, are answered as the golden rows say', async () => {
    for (const data of [golden.rows, golden.rows.flat()]) {
      const answer = await infer({ id: 'mine', inputs: [{ ...tensor, data }] });
      const { model_name, model_version, id, outputs } = answer.json;
      assert.deepEqual([answer.status, model_name, model_version, id], [200, 'repurchase', version, 'mine']);
      assert.deepEqual([outputs[0].name, outputs[0].shape], [output.name, [rows, output.columns.length]]);
      near(outputs[0].data, golden.expected.flat(), golden.tolerance);
    }
  });

  await t.test('rows as bytes, over HTTP and gRPC, give the same bits', async () => {
    const bytes = Buffer.from(Float32Array.from(golden.rows.flat()).buffer);
    const head = Buffer.from(
      JSON.stringify({
        inputs: [{ ...tensor, parameters: { binary_data_size: bytes.length } }],
        parameters: { binary_data_output: true },
      }),
    );
    const response = await fetch(`http://${service.http}${MODEL}/versions/${version}/infer`, {
      method: 'POST',
      headers: { 'inference-header-content-length': `${head.length}`, 'content-type': 'application/octet-stream' },
      body: Buffer.concat([head, bytes]),
    });
    const body = Buffer.from(await response.arrayBuffer());
    const jsonBytes = Number(response.headers.get('inference-header-content-length'));
    const { outputs } = JSON.parse(body.subarray(0, jsonBytes).toString());
    assert.equal(outputs[0].parameters.binary_data_size, body.length - jsonBytes);
    const overHttp = new Float32Array(new Uint8Array(body.subarray(jsonBytes)).buffer);
    near([...overHttp], golden.expected.flat(), golden.tolerance);
    const answer = await grpc.ask('GRPCInferenceService', 'modelInfer', {
      ...{ modelName: 'repurchase', id: 'r', inputs: [tensor], rawInputContents: [bytes] },
    });
    assert.ok(Buffer.from(answer.rawOutputContents[0]).equals(body.subarray(jsonBytes)));
  });

  await t.test('many callers at once each get the answers to their own rows', async () => {
    const ask = async (i: number): Promise<void> => {
      const first = i % rows;
      const mine = golden.rows.slice(first);
      const bytes = Buffer.from(Float32Array.from(mine.flat()).buffer);
      const shape = [mine.length, tensor.shape[1]];
      const input = { ...tensor, shape, parameters: { binary_data_size: bytes.length } };
      const head = Buffer.from(JSON.stringify({ inputs: [input] }));
      const headers = { 'inference-header-content-length': `${head.length}` };
      const { json } = await client.ask(`${MODEL}/infer`, { headers, body: Buffer.concat([head, bytes]) });
      near(json.outputs[0].data, golden.expected.slice(first).flat(), golden.tolerance);
    };
    await Promise.all(Array.from({ length: 60 }, (_, i) => ask(i)));
  });

  await t.test('a customer id alone asks for the features as they are now', async () => {
    const { json } = await client.ask('/v1/score/batch', { body: { customerIds: [...CUSTOMERS, 'nobody'] } });
    const want = json.results.map(({ scores }: Message) => output.columns.map(({ name }: Message) => scores[name]));
    const ids = { name: 'customerId', datatype: 'BYTES', shape: [CUSTOMERS.length + 1] };
    const answer = await infer({ inputs: [{ ...ids, data: [...CUSTOMERS, 'nobody'] }] });
    near(answer.json.outputs[0].data, want.flat(), ROUNDING);
    const contents = { bytesContents: [...CUSTOMERS, 'nobody'].map((id) => Buffer.from(id)) };
    const overGrpc = await grpc.ask('GRPCInferenceService', 'modelInfer', {
      ...{ modelName: 'repurchase', inputs: [{ ...ids, contents }] },
    });
    const bytes = new Uint8Array(overGrpc.rawOutputContents[0]);
    near([...new Float32Array(bytes.buffer)], answer.json.outputs[0].data, 1e-7);
  });

  await t.test('more customers than a turn of the loop takes are each answered as alone', async () => {
    const ask = async (asked: readonly string[]): Promise<number[]> =>
      (await infer({ inputs: [{ name: 'customerId', datatype: 'BYTES', shape: [asked.length], data: asked }] })).json
        .outputs[0].data;
    const alone = (await Promise.all([...CUSTOMERS, 'nobody'].map((id) => ask([id])))).flat();
    const times = 75;
    near(
      await ask(
        Array(times)
          .fill([...CUSTOMERS, 'nobody'])
          .flat(),
      ),
      Array(times).fill(alone).flat(),
      1e-6,
    );
  });

  await t.test('a long body says the same however its numbers are laid out', async () => {
    const times = 40;
    const nested = Array(times).fill(golden.rows).flat();
    const flat = nested.flat();
    const shape = [nested.length, tensor.shape[1]];
    const { name, datatype } = tensor;
    const want = Array(times).fill(golden.expected.flat()).flat();
    const decoy = { data: flat.map(() => 1) };
    for (const input of [
      { name, shape, datatype, data: flat },
      { name, shape, datatype, data: nested },
      { data: flat, name, shape, datatype },
      { parameters: decoy, name, shape, datatype, data: flat },
      { name, shape, datatype, data: flat, parameters: decoy },
      {
        name,
        shape,
        datatype,
        data: flat.map((value: number, i: number) => (i % 2 === 0 ? value : Number(value.toExponential()))),
      },
    ])
      for (const space of [undefined, 1]) {
        const body = JSON.stringify({ inputs: [input] }, undefined, space);
        const { json } = await client.ask(`${MODEL}/infer`, { method: 'POST', body });
        near(json.outputs[0].data, want, golden.tolerance);
      }
    const asIds = await infer({
      inputs: [{ name: 'customerId', datatype: 'BYTES', shape: [flat.length], data: flat }],
    });
    assert.deepEqual([asIds.status, asIds.json.error], [400, "input 'customerId': value 0 is not a string"]);
  });

  await t.test('what is asked wrongly is refused in the form that clients read, and nothing but that', async () => {
    const row = { ...tensor, shape: [1, tensor.shape[1]], data: golden.rows[0] };
    const wrong: [number, object, string?][] = [
      [404, { inputs: [row] }, '/v2/models/none/infer'],
      [404, { inputs: [row] }, `${MODEL}/versions/9/infer`],
      [400, { inputs: [] }],
      [400, { inputs: [row, { name: 'customerId', datatype: 'BYTES', shape: [1], data: ['ada'] }] }],
      [400, { inputs: [{ ...row, name: 'other' }] }],
      [400, { inputs: [{ ...row, datatype: 'FP64' }] }],
      [400, { inputs: [{ ...row, shape: [1, 3], data: [1, 2, 3] }] }],
      [400, { inputs: [{ ...row, shape: [2, row.shape[1]] }] }],
      [400, { inputs: [{ ...row, data: golden.rows[0].map(String) }] }],
      [400, { inputs: [{ ...row, data: golden.rows[0].map(() => 1e39) }] }],
      [400, { inputs: [{ ...row, parameters: { binary_data_size: 4 } }] }],
      [400, { inputs: [row], outputs: [{ name: 'other' }] }],
      [400, { inputs: [{ name: 'customerId', datatype: 'BYTES', shape: [1], data: [''] }] }],
      [413, { inputs: [{ name: 'customerId', datatype: 'BYTES', shape: [10_001], data: [] }] }],
    ];
    for (const [status, body, path] of wrong) {
      const answer = await infer(body, path);
      assert.deepEqual([answer.status, typeof answer.json.error], [status, 'string'], JSON.stringify(body));
    }
    const broken = await fetch(`http://${service.http}${MODEL}/infer`, { method: 'POST', body: '{' });
    assert.deepEqual([broken.status, Object.keys((await broken.json()) as object)], [400, ['error', 'code']]);
    const refused = await grpc.refusal('GRPCInferenceService', 'modelInfer', { modelName: 'none' });
    assert.equal(refused.code, 'NOT_FOUND');
    assert.equal((await infer({ inputs: [row] })).status, 200);
  });

  await t.test('what there is to know of a model is told, over both doors', async () => {
    const tell = async (path: string) => (await client.ask(path)).json;
    assert.deepEqual(await tell('/v2/health/ready'), { ready: true });
    const { inputs, outputs, versions } = await tell(MODEL);
    assert.deepEqual(
      [inputs[0], outputs[0], versions],
      [
        { ...tensor, shape: [-1, tensor.shape[1]] },
        { name: output.name, datatype: 'FP32', shape: [-1, output.columns.length] },
        [version],
      ],
    );
    assert.equal((await tell(`${MODEL}/config`)).input[0].data_type, 'TYPE_FP32');
    const [{ inference_count, inference_stats }] = (await tell(`${MODEL}/stats`)).model_stats;
    assert.ok(inference_count > 3 * rows && inference_stats.success.count > 3);
    const { modelStats } = await grpc.ask('GRPCInferenceService', 'modelStatistics', { name: 'repurchase' });
    assert.equal(modelStats[0].inferenceCount, inference_count);
    assert.deepEqual(await grpc.ask('GRPCInferenceService', 'serverReady', {}), { ready: true });
  });

  await t.test('the client of the protocol works as it is', async (t) => {
    const python = process.env.BECKON_TEST_PYTHON;
    if (python === undefined) return t.skip('BECKON_TEST_PYTHON names no Python');
    const args = ['--customers', 'ada,bob'];
    for (const head of ['repurchase', 'decision'])
      assert.match(await conformance(python, service, head, args), CONFORMS);
  });

  await t.test('the real Triton core answers the same client as we do', async (t) => {
    const python = process.env.BECKON_TEST_PYTHON;
    if (python === undefined) return t.skip('BECKON_TEST_PYTHON names no Python');
    const ofTriton = process.env.BECKON_TEST_TRITON_PYTHON as string;
    const why = await whyNoTriton(ofTriton);
    if (why !== undefined) return t.skip(why);
    const triton = await startTriton(t, ofTriton, BUNDLE, 'repurchase');
    assert.match(await conformance(python, triton, 'repurchase'), CONFORMS);
  });
});

const CONFORMS = /conforms\n$/;

const conformance = async (
  python: string,
  { http, grpc }: { http: string; grpc: string },
  head: string,
  more: readonly string[] = [],
): Promise<string> => {
  const script = fileURLToPath(new URL('./conformance.py', import.meta.url));
  const bundle = fileURLToPath(new URL(`../../models/retail/${head}/1/`, import.meta.url));
  const args = ['--http', http, '--grpc', grpc, '--bundle', bundle, '--head', head, ...more];
  const { stdout } = await promisify(execFile)(python, [script, ...args], { timeout: 60_000 });
  return stdout;
};
