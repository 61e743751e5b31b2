import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import Type, { type Static } from 'typebox';
import { formatTime } from '../../base/clock.ts';
import { BeckonError } from '../../base/errors.ts';
import { idProblem } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import { beforeState, tooFarAhead } from '../../decisions/time-refusals.ts';
import type { Event } from '../../events/event.ts';
import { consentView } from '../../features/read.ts';
import { askedTimeMs } from '../asked-time.ts';
import type { Customer } from '../customer.ts';
import type { ServingParts } from '../parts.ts';
import { sendProblem, translate } from './problem.ts';

const Params = Type.Object({ id: Type.String() });
const Query = Type.Object({ at: Type.Optional(Type.String({ maxLength: 40 })) }, { additionalProperties: false });

const Erased = Type.Object({
  erased: Type.Literal(true, {
    description:
      'Unknown from now on; out of every file of the data directory at the latest when the service has stopped',
  }),
  untilRetention: Type.Optional(
    Type.String({
      description: 'Where the log is on Kafka: the topic whose retention bounds how long its records stay',
    }),
  ),
});

/** `GET /v1/customers/{id}`: what is known of a customer, as of a time. `DELETE`: forget them. */
export const customerRoutes = (app: FastifyInstance, parts: ServingParts): void => {
  app.get<{ Params: Static<typeof Params>; Querystring: Static<typeof Query> }>(
    '/v1/customers/:id',
    {
      schema: {
        tags: ['customers'],
        summary: 'Features and consents of a customer',
        params: Params,
        querystring: Query,
      },
    },
    (request, reply) => {
      const { id } = request.params;
      const { at } = request.query;
      const problem = idProblem(id, LIMITS.idBytesMax);
      if (problem !== undefined) throw new BeckonError('REQUEST_INVALID', `customer id ${problem}`);
      show(id, askedTimeMs(at), reply, parts);
    },
  );

  app.delete<{ Params: Static<typeof Params> }>(
    '/v1/customers/:id',
    {
      schema: {
        tags: ['customers'],
        summary: 'Erase a customer, by any of their ids, with all aliases; answered when that is durable',
        params: Params,
        response: { 202: Erased },
      },
    },
    (request, reply) => {
      const { id } = request.params;
      const problem = idProblem(id, LIMITS.idBytesMax);
      if (problem !== undefined) throw new BeckonError('REQUEST_INVALID', `customer id ${problem}`);
      const reason = parts.notReady();
      if (reason !== undefined) throw new BeckonError('NOT_READY', reason);
      erase(id, reply, parts);
    },
  );
};

const erase = (id: string, reply: FastifyReply, parts: ServingParts): void => {
  const { reader, pack, clock, sink, onInternal } = parts;
  reader.nextTurn();
  const values = new Float64Array(pack.featureNames.length);
  const outcome = reader.read(id, Math.floor(clock.nowMs() / 1000), false, values);
  if (outcome === 'busy') {
    setImmediate(erase, id, reply, parts);
    return;
  }
  if (outcome === 'unknown') {
    sendProblem(reply, new BeckonError('CUSTOMER_UNKNOWN', 'no event has named this customer'));
    return;
  }
  sink.submit([erasureOf(id)], (error) => {
    if (error !== undefined) sendProblem(reply, translate(error, onInternal));
    else reply.code(202).send({ erased: true, untilRetention: parts.logTopic });
  });
};

/** Happens at the time of the log. */
const erasureOf = (id: string): Event => ({
  type: 'customer.erased',
  source: 'beckon',
  id: randomUUID(),
  subject: id,
  timeMs: Number.NaN,
  data: {},
  extensions: undefined,
});

const show = (id: string, atMs: number | undefined, reply: FastifyReply, parts: ServingParts): void => {
  const { reader, pack, clock } = parts;
  const nowMs = clock.nowMs();
  if (atMs !== undefined && atMs > nowMs + LIMITS.askAheadMsMax) {
    sendProblem(reply, tooFarAhead());
    return;
  }
  const values = new Float64Array(pack.featureNames.length);
  reader.nextTurn();
  const outcome = reader.read(id, Math.floor((atMs ?? nowMs) / 1000), atMs !== undefined, values);
  switch (outcome) {
    case 'busy':
      setImmediate(show, id, atMs, reply, parts);
      return;
    case 'unknown':
      sendProblem(reply, new BeckonError('CUSTOMER_UNKNOWN', 'no event has named this customer'));
      return;
    case 'beforeState': {
      sendProblem(reply, beforeState(reader.lastSec));
      return;
    }
    case 'known': {
      const profile = reader.profile(id);
      const customer: Customer = {
        customerId: profile?.customerId ?? id,
        aliases: profile?.aliases ?? [],
        at: formatTime(atMs ?? nowMs),
        asOf: { offset: reader.offset },
        consent: consentView(profile?.consents ?? {}),
        features: Object.fromEntries(pack.featureNames.map((name, i) => [name, values[i]])),
        contacts: [],
        decisions: [],
      };
      reply.send(customer);
    }
  }
};
