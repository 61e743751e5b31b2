import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests name the fields they expect
  readonly json: any;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they stand, anything else as JSON. */
  readonly body?: unknown;
}

export const STRUCTURED = 'application/cloudevents+json';
export const BATCH = 'application/cloudevents-batch+json';

/** Keep-alive connections to one address, closed with the test. */
export class Client {
  readonly address: string;
  private readonly agent: Agent;

  constructor(t: Pick<TestContext, 'after'>, address: string, connections = 64) {
    this.address = address;
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
    t.after(() => this.agent.destroy());
  }

  async ask(path: string, { method, headers = {}, body }: Asked = {}): Promise<Reply> {
    const payload =
      body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const [host, port] = this.address.split(':');
    const asked = request(
      {
        agent: this.agent,
        host,
        port,
        path,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
          ...headers,
        },
      },
      (response) => {
        text(response).then((answer) => {
          const isJson = /json/.test(response.headers['content-type'] ?? '');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: answer,
            json: isJson && answer !== '' ? JSON.parse(answer) : undefined,
          });
        }, reject);
      },
    );
    asked.on('error', reject);
    asked.end(payload);
    return promise;
  }

  score(body: unknown): Promise<Reply> {
    return this.ask('/v1/score', { method: 'POST', body });
  }

  /** One event structured, several as a batch. */
  events(events: object | readonly object[]): Promise<Reply> {
    const type = Array.isArray(events) ? BATCH : STRUCTURED;
    return this.ask('/v1/events', { method: 'POST', headers: { 'content-type': type }, body: events });
  }
}

/** A bare connection, for bytes that no client library would send. */
export class Wire {
  readonly socket: Socket;
  received = '';
  /** Resolves when the other side has ended the connection, however. */
  readonly closed: Promise<void>;

  constructor(t: Pick<TestContext, 'after'>, address: string) {
    const [host, port] = address.split(':');
    this.socket = connect({ host, port: Number(port) });
    this.socket.setEncoding('latin1');
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    // A connection that is cut while it writes is what many tests are about.
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk: string) => {
      this.received += chunk;
    });
    t.after(() => this.socket.destroy());
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes as Uint8Array);
  }

  /** Waits until what was received fits the pattern, or the connection has ended. @returns all that was received */
  async until(pattern: RegExp): Promise<string> {
    const { promise: found, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (pattern.test(this.received)) resolve();
    };
    this.socket.on('data', look);
    look();
    await Promise.race([found, this.closed]);
    this.socket.off('data', look);
    return this.received;
  }

  /** All that was received until the other side ended the connection. */
  async all(): Promise<string> {
    await this.closed;
    return this.received;
  }
}

/** An HTTP/1.1 request as bytes. */
export const rawRequest = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string | number>>,
  body = '',
): string =>
  `${method} ${path} HTTP/1.1\r\nhost: beckon\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n${body}`;

/** Status codes of the answers in a stream of bytes. */
export const statuses = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => Number(status));
