import type { TestContext } from 'node:test';
import { makePlan } from '../../src/inference/plan/plan.ts';
import { PlanRunner } from '../../src/inference/plan/plan-runner.ts';
import { HeadSession } from '../../src/inference/session.ts';
import { type OnnxGraph, onnxManifest, onnxModel } from './onnx-model.ts';

/** A graph's plan without any proof: what it makes of rows that stand one after the other. */
export const planRows = ({ inputs, outputs, ...graph }: OnnxGraph, input: Float32Array): Float32Array => {
  const model = onnxModel({ inputs, outputs, ...graph });
  const rows = input.length / inputs;
  const output = new Float32Array(rows * outputs);
  new PlanRunner(makePlan(model, { input: inputs, output: outputs }), inputs, outputs).run(input, rows, output);
  return output;
};

/** What ONNX Runtime makes of them. */
export const onnxRows = (t: TestContext, graph: OnnxGraph, input: Float32Array): Float32Array => {
  const manifest = onnxManifest(graph.inputs, graph.outputs);
  const session = HeadSession.open({ id: 'test', manifest, model: onnxModel(graph) });
  t.after(() => session.release());
  return session.scoreRows(input, input.length / graph.inputs);
};
