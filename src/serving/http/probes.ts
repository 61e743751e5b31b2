import type { FastifyInstance } from 'fastify';
import { BeckonError } from '../../base/errors.ts';
import type { Overseer, Readiness } from '../parts.ts';
import { sendProblem } from './problem.ts';

/** `/livez`, `/readyz`, `/metrics` and `/v1/state`, on the API's port and on the admin port alike. */
export const probeRoutes = (app: FastifyInstance, readiness: () => Readiness, overseer: Overseer): void => {
  const schema = (summary: string) => ({ schema: { tags: ['operations'], summary } });
  app.get('/livez', schema('The loop is alive'), (_request, reply) => {
    reply.send({ status: 'live' });
  });
  app.get('/readyz', schema('Caught up, models loaded, not draining'), (_request, reply) => {
    const { reason, log } = readiness();
    if (reason === undefined) reply.send({ status: 'ready', log });
    else sendProblem(reply, new BeckonError('NOT_READY', reason, { details: log && { log } }));
  });
  app.get('/metrics', schema('Metrics in the format of Prometheus'), async (_request, reply) =>
    reply.type(overseer.metricsContentType).send(await overseer.metrics()),
  );
  app.get('/v1/state', schema('Size, progress and hash of the state'), async () => overseer.state());
};
