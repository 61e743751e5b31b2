import { connect, type Socket } from 'node:net';
import type { Traffic } from '../../bench/traffic/traffic.ts';
import type { Done, Send } from './open-loop.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
/** More than a server that keeps up needs; a request beyond them waits, and its latency goes on. */
const CONNECTIONS_MAX = 1024;

/**
 * Posts requests over connections that are kept alive, one request at a time on each, as many connections as it takes. The
 * bytes of HTTP/1.1 are read here, because a client library would take more time than the server.
 * @param url `http://host:port`
 */
export const httpSender = (url: string, traffic: Traffic): { readonly send: Send; close(): void } => {
  const { hostname, port, host } = new URL(url);
  const head =
    `POST ${traffic.path} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n` +
    `Content-Type: ${traffic.contentType}\r\nContent-Length: `;
  const idle: Connection[] = [];
  const waiting: { text: string; done: (text: string | undefined, problem?: string) => void }[] = [];
  const all = new Set<Connection>();

  const open = (): Connection => {
    const connection = new Connection(connect({ host: hostname, port: Number(port || 80), noDelay: true }), {
      free() {
        const next = waiting.shift();
        if (next === undefined) idle.push(connection);
        else connection.ask(next.text, next.done);
      },
      closed() {
        all.delete(connection);
        const at = idle.indexOf(connection);
        if (at >= 0) idle.splice(at, 1);
        const next = waiting.shift();
        if (next !== undefined) open().ask(next.text, next.done);
      },
    });
    all.add(connection);
    return connection;
  };

  return {
    send(done: Done) {
      const { body, problem } = traffic.next();
      const text = `${head}${Buffer.byteLength(body)}\r\n\r\n${body}`;
      const answered = (answer: string | undefined, failure?: string): void =>
        done(answer === undefined ? failure : problem(answer));
      // The one that answered last, whose pages are in the cache.
      const connection = idle.pop() ?? (all.size < CONNECTIONS_MAX ? open() : undefined);
      if (connection === undefined) waiting.push({ text, done: answered });
      else connection.ask(text, answered);
    },
    close() {
      for (const connection of all) connection.end();
    },
  };
};

interface Owner {
  free(): void;
  closed(): void;
}

class Connection {
  private readonly socket: Socket;
  private readonly owner: Owner;
  private done: ((text: string | undefined, problem?: string) => void) | undefined;
  private bytes: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, owner: Owner) {
    this.socket = socket;
    this.owner = owner;
    socket.on('data', (part) => this.take(part));
    // What an error was shows in the requests that fail by it.
    let reason = 'the connection was closed';
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      owner.closed();
      this.finish(undefined, reason);
    });
  }

  ask(text: string, done: (text: string | undefined, problem?: string) => void): void {
    this.done = done;
    this.socket.write(text);
  }

  end(): void {
    this.socket.destroy();
  }

  private take(part: Buffer): void {
    this.bytes = this.bytes.length === 0 ? part : Buffer.concat([this.bytes, part]);
    const headEnd = this.bytes.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.bytes.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.finish(undefined, 'an answer does not say its length');
      this.end();
      return;
    }
    const bodyEnd = headEnd + HEAD_END.length + Number(length);
    if (this.bytes.length < bodyEnd) return;
    const body = this.bytes.toString('utf8', headEnd + HEAD_END.length, bodyEnd);
    const isOk = head.startsWith('HTTP/1.1 2');
    this.bytes = Buffer.alloc(0);
    if (isOk) this.finish(body);
    else this.finish(undefined, `${head.slice(9, 12)}: ${body.slice(0, 160)}`);
    this.owner.free();
  }

  private finish(text: string | undefined, problem?: string): void {
    const { done } = this;
    this.done = undefined;
    done?.(text, problem);
  }
}
