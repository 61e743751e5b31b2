/** What one writes first: Fastify, and one run of ONNX Runtime a request. `node fastify-onnx.ts MODEL PORT` */
import fastify from 'fastify';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [model, port] = process.argv.slice(2);
const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const app = fastify({ bodyLimit: 8 * 1024 * 1024 });
app.get('/', () => ({}));
app.post<{ Body: { rows: number[][] } }>('/score', async ({ body: { rows } }) => {
  const features = new Tensor('float32', rows.flat(), [rows.length, rows[0].length]);
  const { probabilities } = await session.run({ features });
  const values = probabilities.data as Float32Array;
  const columns = values.length / rows.length;
  return { scores: rows.map((_, i) => Array.from(values.subarray(i * columns, (i + 1) * columns))) };
});
await app.listen({ host: '127.0.0.1', port: Number(port) });
