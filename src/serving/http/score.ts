import type { FastifyInstance, FastifyReply } from 'fastify';
import Type, { type TSchema } from 'typebox';
import type { BeckonError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { ScoreRequest } from '../../decisions/decision.ts';
import type { ServingParts } from '../parts.ts';
import { refuseWhenNotReady } from '../ready.ts';
import { BatchQuestion, batchRequestsOf, ofQuestion, ScoreQuestion, scoreRequestOf } from '../score-question.ts';
import { sendProblem, translate } from './problem.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** `POST /v1/score` and `POST /v1/score/batch`. @param decision schema of one decision */
export const scoreRoutes = (app: FastifyInstance, parts: ServingParts, decision: TSchema): void => {
  const { decider, stringifyDecision, pool } = parts;
  const tags = ['score'];

  app.post<{ Body: ScoreQuestion }>(
    '/v1/score',
    { schema: { tags, summary: 'The decision for one customer', body: ScoreQuestion, response: { 200: decision } } },
    (request, reply) => {
      refuseWhenNotReady(parts);
      decider.decide(scoreRequestOf(request.body), (error, answer) => {
        if (answer === undefined) sendProblem(reply, translate(error, parts.onInternal));
        else reply.type(JSON_TYPE).send(stringifyDecision(answer));
      });
    },
  );

  const results = Type.Object({ results: Type.Array(decision) });
  app.post<{ Body: BatchQuestion }>(
    '/v1/score/batch',
    {
      schema: {
        tags,
        summary: 'The decisions for many customers, in order',
        body: BatchQuestion,
        response: { 200: results },
      },
    },
    (request, reply) => {
      refuseWhenNotReady(parts);
      const requests = batchRequestsOf(request.body);
      if (requests.length > LIMITS.inlineBatchCustomersMax) sendFromPool(pool, requests, reply, parts);
      else sendInline(requests, reply, parts);
    },
  );
};

const sendInline = (requests: readonly ScoreRequest[], reply: FastifyReply, parts: ServingParts): void => {
  const texts = new Array<string>(requests.length);
  let left = requests.length;
  let failure: BeckonError | undefined;
  parts.decider.decideAll(requests, (i, error, answer) => {
    if (answer === undefined) failure ??= ofQuestion(error as BeckonError, i);
    else texts[i] = parts.stringifyDecision(answer);
    if (--left > 0) return;
    if (failure !== undefined) sendProblem(reply, translate(failure, parts.onInternal));
    else reply.type(JSON_TYPE).send(`{"results":[${texts.join(',')}]}`);
  });
};

const OPEN = Buffer.from('{"results":[');
const CLOSE = Buffer.from(']}');

const sendFromPool = (
  pool: ServingParts['pool'],
  requests: readonly ScoreRequest[],
  reply: FastifyReply,
  parts: ServingParts,
): void => {
  pool.decide(requests).then(
    (decisions) => reply.type(JSON_TYPE).send(Buffer.concat([OPEN, decisions, CLOSE])),
    (error: unknown) => sendProblem(reply, translate(error, parts.onInternal)),
  );
};
