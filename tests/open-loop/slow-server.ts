/** Servers whose latency is known: one that answers each request after a time, and one that stands still now and then. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerQuestions } from '../../bench/child-side.ts';

export interface Slowness {
  /** ms from a request to its answer. */
  readonly delayMs?: number;
  /** Holds all requests back for so long, so often. */
  readonly stall?: { readonly everyMs: number; readonly forMs: number };
}

const listen = async ({ delayMs = 0, stall }: Slowness): Promise<string> => {
  const server = createServer((request, response) => {
    request.resume();
    const answer = (): void => void response.end('{}');
    request.on('end', () => (delayMs > 0 ? setTimeout(answer, delayMs) : answer()));
  });
  if (stall !== undefined)
    setInterval(() => {
      const endMs = performance.now() + stall.forMs;
      while (performance.now() < endMs);
    }, stall.everyMs);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

answerQuestions({ listen });
