import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { BeckonError } from '../../base/errors.ts';
import type { Columns, ColumnsAsked } from '../../decisions/column-scorer.ts';
import type { ScoreRequest } from '../../decisions/decision.ts';
import type { BatchPool } from '../../serving/parts.ts';
import { ofQuestion } from '../../serving/score-question.ts';
import type { PoolRefusal } from './pool-task.ts';
import type { ScoringThreadData } from './scoring-thread-data.ts';

/** Customers of one task: some milliseconds of work, so that the hop is small and the workers share a batch. */
const TASK_CUSTOMERS = 1000;
/** Tasks that may wait: a minute's work; beyond, batches are refused. */
const QUEUE_TASKS_MAX = 256;

/** The pool behind batches of one serving thread; its workers start with the first such batch and then stay. */
export class WorkerPool implements BatchPool {
  private readonly data: ScoringThreadData;
  private piscina: Piscina | undefined;

  constructor(data: ScoringThreadData) {
    this.data = data;
  }

  async decide(requests: readonly ScoreRequest[]): Promise<Uint8Array> {
    const parts = await this.run<Uint8Array>('texts', requests.length, (from, to) => requests.slice(from, to));
    const comma = Buffer.from(',');
    return Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [comma, part])));
  }

  async decideFields(requests: readonly ScoreRequest[]): Promise<Uint8Array> {
    return Buffer.concat(await this.run<Uint8Array>('fields', requests.length, (from, to) => requests.slice(from, to)));
  }

  async score(asked: ColumnsAsked): Promise<Columns> {
    const { customerIds } = asked;
    const rows = customerIds.length;
    const parts = await this.run<Columns>('scores', rows, (from, to) => ({
      ...asked,
      customerIds: customerIds.slice(from, to),
    }));
    return parts.length === 1 ? parts[0] : joined(parts, rows);
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

const isRefusal = (answer: unknown): answer is PoolRefusal => (answer as Partial<PoolRefusal>).code !== undefined;

/** @param from position of the task's first question in the request */
const errorOf = (refusal: PoolRefusal, from: number): BeckonError => {
  const { index, code, message, details } = refusal;
  const error = new BeckonError(code, message, { ...(details && { details: { ...details } }) });
  return index < 0 ? error : ofQuestion(error, from + index);
};

/** Columns of parts, one after another. */
const joined = (parts: readonly Columns[], rows: number): Columns => {
  const outputs = parts[0].values.length / parts[0].known.length;
  const values = new Float32Array(rows * outputs);
  const known = new Uint8Array(rows);
  let from = 0;
  for (const part of parts) {
    const size = part.known.length;
    known.set(part.known, from);
    for (let i = 0; i < outputs; i++) values.set(part.values.subarray(i * size, (i + 1) * size), i * rows + from);
    from += size;
  }
  return { values, known };
};
