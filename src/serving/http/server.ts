import type { Socket } from 'node:net';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { type FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import { BeckonError, ERRORS } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { measures } from '../../base/measures.ts';
import type { ServingParts } from '../parts.ts';
import { UnderWay } from '../under-way.ts';
import { inferenceRoutes } from '../v2/routes.ts';
import { clockRoutes } from './clock.ts';
import { customerRoutes } from './customers.ts';
import { drainOnClose } from './drain.ts';
import { eventRoutes } from './events.ts';
import { readJsonBodies } from './json-body.ts';
import { packRoutes } from './pack.ts';
import { packChangeRoutes } from './pack-change.ts';
import { probeRoutes } from './probes.ts';
import { answerBadPath, installProblems, problemOf } from './problem.ts';
import { scoreRoutes } from './score.ts';
import { streamRoutes } from './stream.ts';

export interface HttpOptions {
  readonly bodyBytesMax: number;
  readonly requestTimeoutMs: number;
  readonly version: string;
}

/** The routes of one pack. */
export interface HttpApp {
  readonly app: FastifyInstance;
  readonly underWay: UnderWay;
}

/** Longer than a dialer or campaign engine waits between two requests; shorter than common proxies keep a socket. */
const KEEP_ALIVE_MS = 75_000;
/** How often half-open requests are looked for. */
const TIMEOUT_CHECK_MS = 1000;

/**
 * A Fastify instance with our errors, limits and measures, and no routes.
 * @param underWay told of every request and answer
 */
export const bareServer = (
  options: HttpOptions,
  onInternal: (cause: unknown) => void,
  underWay = new UnderWay(),
): FastifyInstance => {
  const app = fastify({
    bodyLimit: options.bodyBytesMax,
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Node compares the two while it makes the server, before Fastify has set the first.
    http: {
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      requestTimeout: options.requestTimeoutMs,
      headersTimeout: options.requestTimeoutMs,
    },
    // Percent-encoded, an id takes three times its bytes.
    routerOptions: { maxParamLength: LIMITS.idBytesMax * 3 },
    // Requests that came in are answered while the service stops; nothing is coerced, removed or filled in.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false } },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: answerBadPath,
  });
  installProblems(app, onInternal);
  readJsonBodies(app);
  drainOnClose(app, options.requestTimeoutMs);
  measureRequests(app, underWay);
  return app;
};

/** Fastify's `onResponse` would wait for the socket with two listeners a request, at 3 µs; these two hooks take 0.5. */
const measureRequests = (app: FastifyInstance, underWay: UnderWay): void => {
  const startMs = Symbol('startMs');
  app.decorateRequest(startMs, 0);
  app.addHook('onRequest', (request, _reply, done) => {
    (request as unknown as Record<symbol, number>)[startMs] = performance.now();
    underWay.begin();
    done();
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const begunMs = (request as unknown as Record<symbol, number>)[startMs];
    // What the router has refused never began.
    if (begunMs > 0) underWay.end();
    if (measures.request.hasSubscribers)
      measures.request.publish({
        route: request.routeOptions.url ?? 'unknown',
        method: request.method,
        status: reply.statusCode,
        durationMs: performance.now() - begunMs,
      });
    done(null, payload);
  });
};

/** What never became a request is answered on the socket itself, as a problem like any other. */
const answerBrokenRequest = (error: Error & { code?: string }, socket: Socket): void => {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const code =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'HEADERS_TOO_LARGE'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'REQUEST_TIMEOUT'
        : 'REQUEST_INVALID';
  const body = JSON.stringify(problemOf(new BeckonError(code, ERRORS[code].title)));
  socket.end(
    `HTTP/1.1 ${ERRORS[code].status} ${code}\r\ncontent-type: application/problem+json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
};

/** Every route of the contract, for one pack. @param decision schema of one decision of the pack */
export const httpServer = async (options: HttpOptions, parts: ServingParts, decision: TSchema): Promise<HttpApp> => {
  const underWay = new UnderWay();
  const app = bareServer(options, parts.onInternal, underWay);
  // Schemas speak for validation and documents; answers are written by hand where it matters.
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Beckon',
        description: 'Real-time scoring over streams of customer events',
        version: options.version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
  scoreRoutes(app, parts, decision);
  eventRoutes(app, parts);
  customerRoutes(app, parts);
  packRoutes(app, parts);
  clockRoutes(app, parts);
  packChangeRoutes(app, parts);
  inferenceRoutes(app, parts, options.version);
  streamRoutes(app, parts, underWay);
  probeRoutes(app, parts.readiness, parts.overseer);
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    reply.send(app.swagger());
  });
  await app.ready();
  return { app, underWay };
};
