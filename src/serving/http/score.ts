import type { FastifyInstance, FastifyReply } from 'fastify';
import Type, { type TSchema } from 'typebox';
import type { BeckonError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { BatchRequest } from '../../decisions/decision.ts';
import type { ServingParts } from '../parts.ts';
import { refuseWhenNotReady } from '../ready.ts';
import { BatchQuestion, batchRequestOf, ofQuestion, ScoreQuestion, scoreRequestOf } from '../score-question.ts';
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
      const asked = batchRequestOf(request.body);
      if (asked.customerIds.length > LIMITS.inlineBatchCustomersMax) sendFromPool(pool, asked, reply, parts);
      else sendInline(asked, reply, parts);
    },
  );
};

const OPEN = '{"results":[';
const CLOSE = ']}';

const sendInline = (asked: BatchRequest, reply: FastifyReply, parts: ServingParts): void => {
  const texts = new Array<string>(asked.customerIds.length);
  let left = texts.length;
  let failure: BeckonError | undefined;
  parts.decider.decideAll(asked, (i, error, answer) => {
    if (answer === undefined) failure ??= ofQuestion(error as BeckonError, i);
    else texts[i] = parts.stringifyDecision(answer);
    if (--left > 0) return;
    if (failure !== undefined) sendProblem(reply, translate(failure, parts.onInternal));
    else reply.type(JSON_TYPE).send(`${OPEN}${texts.join(',')}${CLOSE}`);
  });
};

const sendFromPool = (
  pool: ServingParts['pool'],
  asked: BatchRequest,
  reply: FastifyReply,
  parts: ServingParts,
): void => {
  pool.decide(asked, OPEN, CLOSE).then(
    (text) => reply.type(JSON_TYPE).send(text),
    (error: unknown) => sendProblem(reply, translate(error, parts.onInternal)),
  );
};
