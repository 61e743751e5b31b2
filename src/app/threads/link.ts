import type { MessagePort, Transferable, Worker } from 'node:worker_threads';
import { BeckonError, ERRORS, type ErrorCode } from '../../base/errors.ts';

type Handler = (payload: never) => unknown;

interface Message {
  readonly id: number;
  /** Absent in an answer. */
  readonly name?: string;
  readonly payload?: unknown;
  readonly error?: { readonly code?: ErrorCode; readonly message: string; readonly stack?: string };
}

/**
 * Questions and answers between two threads, both ways over one port. A handler that throws makes the question fail
 * with the same code and message.
 */
export class Link {
  private readonly port: MessagePort | Worker;
  private readonly handlers: Readonly<Record<string, Handler>>;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private count = 0;

  constructor(port: MessagePort | Worker, handlers: Readonly<Record<string, Handler>> = {}) {
    this.port = port;
    this.handlers = handlers;
    port.on('message', (message: Message) => this.receive(message));
  }

  ask<T>(name: string, payload?: unknown, transfer: readonly Transferable[] = []): Promise<T> {
    const id = this.count++;
    const question = Promise.withResolvers<unknown>();
    this.waiting.set(id, question);
    this.port.postMessage({ id, name, payload } satisfies Message, transfer);
    return question.promise as Promise<T>;
  }

  /** Fails what is still waited for: the other thread is gone. */
  fail(error: Error): void {
    for (const question of this.waiting.values()) question.reject(error);
    this.waiting.clear();
  }

  private receive(message: Message): void {
    if (message.name !== undefined) {
      void this.answer(message.id, message.name, message.payload);
      return;
    }
    const question = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error === undefined) question?.resolve(message.payload);
    else question?.reject(revived(message.error));
  }

  private async answer(id: number, name: string, payload: unknown): Promise<void> {
    try {
      this.port.postMessage({ id, payload: await this.handlers[name](payload as never) } satisfies Message);
    } catch (error) {
      const { code, message, stack } = error as BeckonError;
      this.port.postMessage({ id, error: { code, message, stack } } satisfies Message);
    }
  }
}

const revived = ({ code, message, stack }: NonNullable<Message['error']>): Error => {
  const isOurs = code !== undefined && Object.hasOwn(ERRORS, code);
  const error = isOurs ? new BeckonError(code, message) : new Error(message);
  error.stack = stack;
  return error;
};
