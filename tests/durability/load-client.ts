import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from './ledger.ts';
import { orderEvent } from './orders.ts';

/** Of 20 requests one is a batch of this size, and one repeats an order that was made before. */
const BATCH_EVENTS = 50;
const REQUESTS_A_ROUND = 20;

/** A client that is refused does not send again at once. */
const REFUSED_PAUSE_MS = 10;

/** A 202 as the client saw it. */
export interface Acknowledgement {
  /** The client's port: with the order of answers on it, the name of a reply. */
  readonly port: number;
  readonly orders: readonly number[];
}

export interface LoadOptions {
  readonly ledger: Ledger;
  readonly connections: number;
  /** Told every 202, after it went to the ledger. */
  readonly onAcknowledged?: (acknowledgement: Acknowledgement) => void;
}

/**
 * Posts orders over keep-alive connections, each with one request under way. What was not acknowledged is sent again,
 * with the same ids, by the next run.
 */
export class LoadClient {
  /** Orders made so far, numbered from 0. */
  made = 0;
  /** Acknowledgements of requests that began after the first refusal was received: a service that gave up must give none. */
  acknowledgedAfterRefusal = 0;
  /** When the first answer other than 202 was received, of `performance.now()`. */
  refusedMs = Number.POSITIVE_INFINITY;
  readonly #options: LoadOptions;
  /** Orders without an answer. */
  readonly #owed: (readonly number[])[] = [];
  #requests = 0;
  #isStopped = false;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Posts until the service is gone or {@link stop} is called; then every answer has been received or will never be. */
  run(address: string): Promise<void> {
    return this.#run(address, () => (this.#isStopped ? undefined : (this.#owed.shift() ?? this.#next())));
  }

  /** Posts what is owed and as many new orders as told, one an event, and waits for the answers. */
  async finish(address: string, orders = 0): Promise<void> {
    const end = this.made + orders;
    await this.#run(address, () => this.#owed.shift() ?? (this.made < end ? [this.made++] : undefined));
    if (this.#owed.length > 0) throw new Error(`${this.#owed.length} requests are still without an answer`);
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #run(address: string, work: () => readonly number[] | undefined): Promise<void> {
    const { connections } = this.#options;
    this.#isStopped = false;
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    await Promise.all(Array.from({ length: connections }, () => this.#lane(address, agent, work)));
    agent.destroy();
  }

  async #lane(address: string, agent: Agent, work: () => readonly number[] | undefined): Promise<void> {
    for (let orders = work(); orders !== undefined; orders = work()) {
      const sentMs = performance.now();
      const answer = await post(address, agent, orders);
      if (answer?.status === 202) {
        this.#options.ledger.acknowledge(orders);
        if (sentMs > this.refusedMs) this.acknowledgedAfterRefusal++;
        this.#options.onAcknowledged?.({ port: answer.port, orders });
        continue;
      }
      this.#owed.push(orders);
      if (answer === undefined) return;
      if (answer.status < 500) throw new Error(`the service answered ${answer.status}`);
      this.refusedMs = Math.min(this.refusedMs, performance.now());
      await delay(REFUSED_PAUSE_MS);
    }
  }

  #next(): readonly number[] {
    const place = this.#requests++ % REQUESTS_A_ROUND;
    if (place === 7 && this.made > 0) return [(this.#requests * 7919) % this.made];
    return Array.from({ length: place === 13 ? BATCH_EVENTS : 1 }, () => this.made++);
  }
}

/** @returns undefined where the connection broke before the whole answer had come */
const post = (
  address: string,
  agent: Agent,
  orders: readonly number[],
): Promise<{ status: number; port: number } | undefined> => {
  const isBatch = orders.length > 1;
  const body = JSON.stringify(isBatch ? orders.map(orderEvent) : orderEvent(orders[0]));
  const type = isBatch ? 'application/cloudevents-batch+json' : 'application/cloudevents+json';
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const call = request(`http://${address}/v1/events`, { method: 'POST', agent, headers }, (response) => {
      // Once the answer is whole, the socket may already carry another one.
      const answer = { status: response.statusCode as number, port: response.socket.localPort as number };
      response.on('error', () => resolve(undefined));
      response.on('end', () => resolve(response.complete ? answer : undefined));
      response.resume();
    });
    call.on('error', () => resolve(undefined));
    call.end(body);
  });
};
