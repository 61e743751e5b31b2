import { type MessagePort, Worker } from 'node:worker_threads';
import { Link } from './link.ts';

/** A thread and the way to talk with it. */
export interface Thread {
  readonly worker: Worker;
  readonly link: Link;
  /** Rejects with the error that ended it. */
  readonly ended: Promise<void>;
}

/** @param file of the thread's entry, beside this one */
export const startThread = (
  file: string,
  workerData: unknown,
  handlers: Record<string, (payload: never) => unknown> = {},
  transferList: MessagePort[] = [],
): Thread => {
  const worker = new Worker(new URL(file, import.meta.url), { workerData, transferList: transferList as never });
  const link = new Link(worker, handlers);
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
  ended.catch((error: Error) => link.fail(error));
  return { worker, link, ended };
};

/** A thread ends by itself once nothing holds its loop: one that is inside ONNX Runtime must not be terminated. */
export const endThread = async ({ worker, link }: Thread, how?: unknown): Promise<void> => {
  await link.ask('stop', how);
  worker.unref();
};
