import type { FastifyInstance } from 'fastify';
import type { Overseer, Readiness } from '../parts.ts';
import { probeRoutes } from './probes.ts';
import { bareServer, type HttpOptions } from './server.ts';

/** The admin door: probes and metrics on a port of their own. */
export const adminServer = (parts: {
  readonly options: HttpOptions;
  readonly readiness: () => Readiness;
  readonly overseer: Overseer;
  readonly onInternal: (cause: unknown) => void;
}): FastifyInstance => {
  const app = bareServer(parts.options, parts.onInternal);
  probeRoutes(app, parts.readiness, parts.overseer);
  return app;
};
