import type { Plan } from './plan.ts';

interface PlanExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly run: (rows: number) => void;
}

/** As much of it as is needed here: its types come with those of browsers, which nothing else needs. */
const { Instance, Module } = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object) => { readonly exports: PlanExports };
    };
  }
).WebAssembly;

/** A plan that is loaded in this thread. */
export class PlanRunner {
  readonly #rowsMax: number;
  readonly #inputWidth: number;
  readonly #outputWidth: number;
  readonly #input: Float32Array;
  readonly #output: Float32Array;
  readonly #run: PlanExports['run'];

  constructor({ module, rowsMax, inputAt, outputAt }: Plan, inputWidth: number, outputWidth: number) {
    const { memory, run } = new Instance(new Module(module)).exports;
    this.#rowsMax = rowsMax;
    this.#inputWidth = inputWidth;
    this.#outputWidth = outputWidth;
    this.#input = new Float32Array(memory.buffer, inputAt, rowsMax * inputWidth);
    this.#output = new Float32Array(memory.buffer, outputAt, rowsMax * outputWidth);
    this.#run = run;
  }

  /** As `HeadSession.run`, chunk by chunk. */
  run(input: Float32Array, rows: number, output: Float32Array): void {
    for (let from = 0; from < rows; from += this.#rowsMax) {
      const chunk = Math.min(this.#rowsMax, rows - from);
      this.#input.set(input.subarray(from * this.#inputWidth, (from + chunk) * this.#inputWidth));
      this.#run(chunk);
      output.set(this.#output.subarray(0, chunk * this.#outputWidth), from * this.#outputWidth);
    }
  }

  /** The memory goes with the last reference. */
  release(): void {}
}
