import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { addressOf } from './address.ts';
import { CallError } from './call-error.ts';
import { refusalOf } from './http-refusal.ts';

/** More under way at a time wait for one of these; a service has few threads. */
const CONNECTIONS_MAX = 64;

interface Asked {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal | undefined;
}

/** Connections to one address, kept and used again. */
export class HttpConnection {
  private readonly address: URL;
  private readonly agent: Agent;
  private readonly request: typeof request;

  constructor(address: string) {
    this.address = addressOf(address);
    const isTls = this.address.protocol === 'https:';
    const options = { keepAlive: true, maxSockets: CONNECTIONS_MAX };
    this.agent = isTls ? new TlsAgent(options) : new Agent(options);
    this.request = isTls ? tlsRequest : request;
  }

  /** @returns the JSON of an answer. @throws CallError */
  async ask(asked: Asked): Promise<unknown> {
    const response = await this.open(asked);
    const answer = await whole(response);
    try {
      return JSON.parse(answer);
    } catch (cause) {
      throw new CallError('ANSWER_UNREADABLE', `${asked.method} ${asked.path}: the answer is not JSON`, { cause });
    }
  }

  /** @returns an answer whose body is still to come. @throws CallError where it is a refusal */
  async open(asked: Asked): Promise<IncomingMessage> {
    const response = await this.send(asked);
    if (response.statusCode === 200 || response.statusCode === 202) return response;
    throw refusalOf(response.statusCode ?? 0, response.headers as IncomingHttpHeaders, await whole(response));
  }

  close(): void {
    this.agent.destroy();
  }

  private send({ method, path, headers = {}, body, signal }: Asked): Promise<IncomingMessage> {
    const { address, agent } = this;
    const url = new URL(`${address.pathname.replace(/\/$/, '')}${path}`, address);
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      this.request(url, { agent, method, headers: { ...headers, ...length }, signal }, resolve)
        .on('error', (cause) => reject(unreachable(cause, address.host)))
        .end(body);
    });
  }
}

const whole = async (response: IncomingMessage): Promise<string> => {
  try {
    return await text(response);
  } catch (cause) {
    throw unreachable(cause, 'the answer broke off');
  }
};

/** @param where it failed */
export const unreachable = (cause: unknown, where: string): CallError => {
  const { message, code } = cause as NodeJS.ErrnoException;
  return new CallError('UNREACHABLE', `${where}: ${message === '' ? code : message}`, { cause });
};
