/** The control of an open loop: the barest server, which replies the same bytes to whatever it is asked. */
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { answerQuestions } from '../../bench/child-side.ts';

export interface Canned {
  readonly protocol: 'http' | 'grpc';
  readonly status: number;
  /** The body; of gRPC a message without its prefix, in base64. */
  readonly reply: string;
}

const PREFIX_BYTES = 5;

const listen = async ({ protocol, status, reply }: Canned): Promise<string> => {
  const server = protocol === 'http' ? httpServer(status, reply) : grpcServer(Buffer.from(reply, 'base64'));
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
};

const httpServer = (status: number, reply: string): Server => {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(reply) };
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(status, headers).end(reply));
  });
  // Closing an idle connection just as a request comes in would be a wrong answer.
  server.keepAliveTimeout = 0;
  return server;
};

const grpcServer = (message: Buffer): Server => {
  const framed = Buffer.alloc(PREFIX_BYTES + message.length);
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, PREFIX_BYTES);
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    stream.resume();
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(framed);
    });
  });
  return server;
};

answerQuestions({ listen });
