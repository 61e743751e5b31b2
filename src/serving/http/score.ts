import type { FastifyInstance, FastifyReply } from 'fastify';
import Type, { type Static, type TSchema } from 'typebox';
import { BeckonError } from '../../base/errors.ts';
import { idProblem } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { ScoreRequest } from '../../decisions/decision.ts';
import { CHANNELS } from '../../events/channels.ts';
import { askedTimeMs } from './asked-time.ts';
import type { HttpParts } from './parts.ts';
import { sendProblem, translate } from './problem.ts';

const strict = { additionalProperties: false } as const;
const Id = Type.String({ minLength: 1, maxLength: 1024 });
const Asked = {
  campaignId: Type.Optional(Id),
  context: Type.Optional(
    Type.Record(
      Type.String({ pattern: '^(?!__proto__$).{1,64}$' }),
      Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
      { ...strict, maxProperties: 64 },
    ),
  ),
  channels: Type.Optional(Type.Array(Type.Enum([...CHANNELS]), { maxItems: CHANNELS.length })),
  actions: Type.Optional(Type.Array(Id, { maxItems: 256 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  at: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339; now where it is absent' })),
};
const ScoreBody = Type.Object({ customerId: Id, ...Asked, explain: Type.Optional(Type.Boolean()) }, strict);
const BatchBody = Type.Object(
  { customerIds: Type.Array(Id, { minItems: 1 }), ...Asked, record: Type.Optional(Type.Boolean()) },
  strict,
);

const JSON_TYPE = 'application/json; charset=utf-8';

/** @throws BeckonError REQUEST_INVALID */
const checkedId = (name: string, id: string): string => {
  const problem = idProblem(id, LIMITS.idBytesMax);
  if (problem !== undefined) throw new BeckonError('REQUEST_INVALID', `${name} ${problem}`);
  return id;
};

/** `POST /v1/score` and `POST /v1/score/batch`. @param decision schema of one decision */
export const scoreRoutes = (app: FastifyInstance, parts: HttpParts, decision: TSchema): void => {
  const { decider, stringifyDecision, pool } = parts;
  const tags = ['score'];

  app.post<{ Body: Static<typeof ScoreBody> }>(
    '/v1/score',
    { schema: { tags, summary: 'The decision for one customer', body: ScoreBody, response: { 200: decision } } },
    (request, reply) => {
      refuseWhenNotReady(parts);
      const { at, ...asked } = request.body;
      checkedId('customerId', asked.customerId);
      decider.decide({ ...asked, atMs: askedTimeMs(at) }, (error, answer) => {
        if (answer === undefined) sendProblem(reply, translate(error, parts.onInternal));
        else reply.type(JSON_TYPE).send(stringifyDecision(answer));
      });
    },
  );

  const results = Type.Object({ results: Type.Array(decision) });
  app.post<{ Body: Static<typeof BatchBody> }>(
    '/v1/score/batch',
    {
      schema: {
        tags,
        summary: 'The decisions for many customers, in order',
        body: BatchBody,
        response: { 200: results },
      },
    },
    (request, reply) => {
      refuseWhenNotReady(parts);
      const { customerIds, at, record: _record, ...asked } = request.body;
      if (customerIds.length > LIMITS.customersPerRequestMax)
        throw new BeckonError(
          'BATCH_TOO_LARGE',
          `the request names ${customerIds.length} customers; at most ${LIMITS.customersPerRequestMax} are allowed`,
          { details: { limit: LIMITS.customersPerRequestMax, count: customerIds.length } },
        );
      const atMs = askedTimeMs(at);
      const requests = customerIds.map(
        (id, i): ScoreRequest => ({
          ...asked,
          customerId: checkedId(`customerIds[${i}]`, id),
          atMs,
        }),
      );
      if (requests.length > LIMITS.inlineBatchCustomersMax) sendFromPool(pool, requests, reply, parts);
      else sendInline(requests, reply, parts);
    },
  );
};

const refuseWhenNotReady = ({ notReady }: HttpParts): void => {
  const reason = notReady();
  if (reason !== undefined) throw new BeckonError('NOT_READY', reason);
};

const sendInline = (requests: readonly ScoreRequest[], reply: FastifyReply, parts: HttpParts): void => {
  const texts = new Array<string>(requests.length);
  let left = requests.length;
  let failure: BeckonError | undefined;
  for (const [i, request] of requests.entries())
    parts.decider.decide(request, (error, answer) => {
      if (answer === undefined) failure ??= named(error as BeckonError, i);
      else texts[i] = parts.stringifyDecision(answer);
      if (--left > 0) return;
      if (failure !== undefined) sendProblem(reply, translate(failure, parts.onInternal));
      else reply.type(JSON_TYPE).send(`{"results":[${texts.join(',')}]}`);
    });
};

const named = (error: BeckonError, index: number): BeckonError =>
  new BeckonError(error.code, `customerIds[${index}]: ${error.message}`, {
    details: { ...error.details, index },
    cause: error.cause,
  });

const OPEN = Buffer.from('{"results":[');
const CLOSE = Buffer.from(']}');

const sendFromPool = (
  pool: HttpParts['pool'],
  requests: readonly ScoreRequest[],
  reply: FastifyReply,
  parts: HttpParts,
): void => {
  pool.decide(requests).then(
    (decisions) => reply.type(JSON_TYPE).send(Buffer.concat([OPEN, decisions, CLOSE])),
    (error: unknown) => sendProblem(reply, translate(error, parts.onInternal)),
  );
};
