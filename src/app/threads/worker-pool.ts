import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { BeckonError } from '../../base/errors.ts';
import type { Columns, ColumnsAsked } from '../../decisions/column-scorer.ts';
import type { BatchRequest } from '../../decisions/decision.ts';
import type { BatchPool } from '../../serving/parts.ts';
import { ofQuestion } from '../../serving/score-question.ts';
import type { PoolRefusal, ScoresTask, TextsTask } from './pool-task.ts';
import type { ScoringThreadData } from './scoring-thread-data.ts';

/** Customers of one task: some milliseconds of work, so that the hop is small and the workers share a batch. */
const TASK_CUSTOMERS = 1000;
/** Tasks that may wait: a minute's work; beyond, batches are refused. */
const QUEUE_TASKS_MAX = 256;
/** Questions about columns that mostly are under way at once. */
const SPARE_MAX = 4;

/** The pool behind batches of one serving thread; its workers start with the first such batch and then stay. */
export class WorkerPool implements BatchPool {
  private readonly data: ScoringThreadData;
  private piscina: Piscina | undefined;
  private readonly spare: SharedArrayBuffer[] = [];

  constructor(data: ScoringThreadData) {
    this.data = data;
  }

  async decide(asked: BatchRequest, open: string, close: string): Promise<Uint8Array> {
    const rows = asked.customerIds.length;
    const taskOf = (from: number, to: number): TextsTask => ({
      asked: part(asked, from, to),
      open: from === 0 ? open : ',',
      close: to < rows ? '' : close,
    });
    return whole(await this.run<Uint8Array>('texts', rows, taskOf));
  }

  async decideFields(asked: BatchRequest): Promise<Uint8Array> {
    const taskOf = (from: number, to: number) => part(asked, from, to);
    return whole(await this.run<Uint8Array>('fields', asked.customerIds.length, taskOf));
  }

  async score(asked: ColumnsAsked, outputs: number, use: (columns: Columns) => void): Promise<void> {
    const { bytes, bounds } = asked.customers;
    const rows = bounds.length / 2;
    const valuesBytes = rows * outputs * Float32Array.BYTES_PER_ELEMENT;
    const memory = this.takeMemory(valuesBytes + bounds.byteLength + rows + bytes.length);
    const values = new Float32Array(memory, 0, rows * outputs).fill(Number.NaN);
    const known = new Uint8Array(memory, valuesBytes + bounds.byteLength, rows).fill(0);
    const ids = {
      bytes: Buffer.from(memory, known.byteOffset + rows, bytes.length),
      bounds: new Uint32Array(memory, valuesBytes, bounds.length),
    };
    ids.bytes.set(bytes);
    ids.bounds.set(bounds);
    const into: Columns = { rows, values, known };
    const taskOf = (from: number, to: number): ScoresTask => ({
      asked: { ...asked, customers: { bytes: ids.bytes, bounds: ids.bounds.subarray(2 * from, 2 * to) } },
      into,
      from,
    });
    await this.run<undefined>('scores', rows, taskOf);
    use(into);
    // Not after an error: other tasks may still be writing.
    if (this.spare.length < SPARE_MAX) this.spare.push(memory);
  }

  /** Memory of a question before, if it is large enough: fresh pages cost as much as scoring a tenth of the customers. */
  private takeMemory(bytes: number): SharedArrayBuffer {
    const memory = this.spare.pop();
    return memory !== undefined && memory.byteLength >= bytes ? memory : new SharedArrayBuffer(bytes);
  }

  /** @returns what the tasks answer, in order. @throws BeckonError of one of them, OVERLOADED */
  private async run<Part>(
    name: 'texts' | 'fields' | 'scores',
    rows: number,
    taskOf: (from: number, to: number) => unknown,
  ): Promise<Part[]> {
    this.piscina ??= new Piscina({
      filename: new URL('./pool-task.ts', import.meta.url).href,
      workerData: this.data,
      minThreads: 1,
      maxThreads: Math.max(1, availableParallelism() - 1),
      maxQueue: QUEUE_TASKS_MAX,
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: 1,
    });
    const { piscina } = this;
    const starts = Array.from({ length: Math.ceil(rows / TASK_CUSTOMERS) }, (_, i) => i * TASK_CUSTOMERS);
    if (piscina.queueSize + starts.length > QUEUE_TASKS_MAX)
      throw new BeckonError('OVERLOADED', 'too many batches wait to be scored; send again later');
    return Promise.all(
      starts.map(async (from) => {
        const answer = (await piscina.run(taskOf(from, from + TASK_CUSTOMERS), { name })) as Part | PoolRefusal;
        if (isRefusal(answer)) throw errorOf(answer, from);
        return answer;
      }),
    );
  }

  /** Waits for tasks under way: a worker inside ONNX Runtime must not be terminated. */
  async close(): Promise<void> {
    await this.piscina?.close();
  }
}

/** The same question about some of the customers. */
const part = <T extends { readonly customerIds: readonly string[] }>(asked: T, from: number, to: number): T => ({
  ...asked,
  customerIds: asked.customerIds.slice(from, to),
});

/** What the tasks made, as one; mostly it was one task, and megabytes are not copied. */
const whole = (parts: readonly Uint8Array[]): Uint8Array => {
  const [first] = parts;
  return parts.length === 1 ? Buffer.from(first.buffer, first.byteOffset, first.byteLength) : Buffer.concat(parts);
};

const isRefusal = (answer: unknown): answer is PoolRefusal =>
  (answer as Partial<PoolRefusal> | undefined)?.code !== undefined;

/** @param from position of the task's first question in the request */
const errorOf = (refusal: PoolRefusal, from: number): BeckonError => {
  const { index, code, message, details } = refusal;
  const error = new BeckonError(code, message, { ...(details && { details: { ...details } }) });
  return index < 0 ? error : ofQuestion(error, from + index);
};
