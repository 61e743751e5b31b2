import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** How often a server that stops looks for connections on which nothing was ever said. */
const LOOK_MS = 50;

/**
 * Lets a server stop although connections are open. Node ends those that are between two requests when the stop begins;
 * those with an answer under way end after it. One that has said nothing yet, such as a browser opens in advance, is cut at
 * once, and one with a request half sent after `graceMs`: a server that closes no longer looks for slow requests.
 */
export const drainOnClose = (app: FastifyInstance, graceMs: number): void => {
  const { server } = app;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  app.addHook('preClose', (done) => {
    if (!server.listening) {
      done();
      return;
    }
    // Not `closeIdleConnections`: to Node, one whose answer is still being sent is idle.
    server.keepAliveTimeout = 1;
    server.keepAliveTimeoutBuffer = 0;
    const look = setInterval(() => {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    }, LOOK_MS);
    const grace = setTimeout(() => server.closeAllConnections(), graceMs);
    server.once('close', () => {
      clearInterval(look);
      clearTimeout(grace);
    });
    done();
  });
};
