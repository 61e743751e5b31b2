import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { BeckonError } from '../../base/errors.ts';
import type { ScoreRequest } from '../../decisions/decision.ts';
import type { BatchPool } from '../../serving/parts.ts';
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
    const tasks: ScoreRequest[][] = [];
    for (let from = 0; from < requests.length; from += TASK_CUSTOMERS)
      tasks.push(requests.slice(from, from + TASK_CUSTOMERS));
    if (piscina.queueSize + tasks.length > QUEUE_TASKS_MAX)
      throw new BeckonError('OVERLOADED', 'too many batches wait to be scored; send again later');
    const parts = await Promise.all(tasks.map((task, i) => run(piscina, task, i * TASK_CUSTOMERS)));
    const comma = Buffer.from(',');
    return Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [comma, part])));
  }

  /** Waits for tasks under way: a worker inside ONNX Runtime must not be terminated. */
  async close(): Promise<void> {
    await this.piscina?.close();
  }
}

/** @param from position of the task's first question in the request */
const run = async (piscina: Piscina, task: readonly ScoreRequest[], from: number): Promise<Uint8Array> => {
  const answer = (await piscina.run(task)) as Uint8Array | PoolRefusal;
  if (answer instanceof Uint8Array) return answer;
  const index = from + answer.index;
  const { code, message, details } = answer;
  throw new BeckonError(code, `customerIds[${index}]: ${message}`, { details: { ...details, index } });
};
