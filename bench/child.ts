import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { cpuSecOf, type ThreadTimes, threadTimesOf } from './cpu-time.ts';

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

const STOP_MS_MAX = 10_000;

/** A process of the bench's own, on a core of its own, that answers questions: see `child-side.ts`. */
export class Child {
  private readonly process: ChildProcess;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private count = 0;

  /** @param file below `bench/children/`, or anywhere with its whole path */
  constructor(file: string, core: number | undefined) {
    const path = resolve(import.meta.dirname, 'children', file);
    const options = { serialization: 'advanced' as const, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] as never };
    this.process =
      core === undefined
        ? fork(path, [], options)
        : fork(path, [], { ...options, execPath: 'taskset', execArgv: ['-c', String(core), process.execPath] });
    this.process.on('message', (reply: Reply) => {
      const question = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if (reply.error === undefined) question?.resolve(reply.value);
      else question?.reject(new Error(reply.error));
    });
    this.process.once('exit', (code) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`${file} ended with ${code}`));
    });
  }

  ask<T>(name: string, payload: unknown): Promise<T> {
    const id = this.count++;
    const question = Promise.withResolvers<unknown>();
    this.waiting.set(id, question);
    this.process.send({ id, name, payload });
    return question.promise as Promise<T>;
  }

  cpuSec(): number {
    return cpuSecOf(this.process.pid as number);
  }

  threadTimes(): ThreadTimes {
    return threadTimesOf(this.process.pid as number);
  }

  async stop(): Promise<void> {
    await endProcess(this.process, () => this.process.disconnect());
  }
}

/** Asks a process to end, and kills it where it does not within 10 s. */
export const endProcess = async (child: ChildProcess, ask: () => void): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  ask();
  await ended;
  clearTimeout(timer);
};
