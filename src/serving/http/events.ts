import type { FastifyInstance, FastifyReply } from 'fastify';
import Type from 'typebox';
import { BeckonError, type ErrorCode } from '../../base/errors.ts';
import { BATCH, readRequest, STRUCTURED } from '../../events/codec.ts';
import { eventTypesAnswer } from '../../events/document.ts';
import { type AppendDone, type Appended, append, appendPlain } from '../append.ts';
import type { ServingParts } from '../parts.ts';
import { refuseWhenNotReady } from '../ready.ts';
import { bodyCame } from './body-garbage.ts';
import { problemOf, sendProblem, translate } from './problem.ts';

const Rejected = Type.Object({
  index: Type.Integer({ description: 'Position in the request' }),
  id: Type.Optional(Type.String()),
  code: Type.String(),
  message: Type.String(),
});
const Answer = Type.Object({
  accepted: Type.Integer(),
  duplicates: Type.Integer({ description: 'Known by (source, id) within the dedupe window; not applied again' }),
  rejected: Type.Array(Rejected),
});

/** `POST /v1/events` and `GET /v1/events/types`. */
export const eventRoutes = (app: FastifyInstance, parts: ServingParts): void => {
  const types = JSON.stringify(eventTypesAnswer());
  app.get(
    '/v1/events/types',
    { schema: { tags: ['events'], summary: 'Every event type with its schema' } },
    (_request, reply) => {
      reply.type('application/json; charset=utf-8').send(types);
    },
  );
  app.register(async (scope) => {
    // CloudEvents come in many content types; the codec reads the bytes itself.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
      bodyCame(body.length);
      done(null, body);
    });
    scope.post(
      '/v1/events',
      {
        schema: {
          tags: ['events'],
          summary: 'Append events; answered when they are durable',
          response: { 202: Answer },
        },
      },
      (request, reply) => {
        refuseWhenNotReady(parts);
        const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
        const type = request.headers['content-type'];
        const { sink } = parts;
        const done: AppendDone = (error, appended) => {
          if (error === undefined) answer(reply, appended);
          else sendProblem(reply, translate(error, parts.onInternal));
        };
        const read = () => readRequest(type, request.headers, body);
        if ((type === STRUCTURED || type === BATCH) && appendPlain(sink, body, type === BATCH, read, done)) return;
        append(sink, read(), done);
      },
    );
  });
};

const answer = (reply: FastifyReply, appended: Appended): void => {
  const { accepted, duplicates, rejected } = appended;
  if (rejected.length === 0 || accepted + duplicates > 0) reply.code(202).send(appended);
  else refuse(reply, appended);
};

/** Nothing was accepted: a problem that carries the same list. With one event its code speaks for the request. */
const refuse = (reply: FastifyReply, body: Appended): void => {
  const codes = new Set<ErrorCode>(body.rejected.map(({ code }) => code));
  const code = codes.size === 1 ? body.rejected[0].code : 'EVENT_REJECTED';
  const detail =
    body.rejected.length === 1 ? body.rejected[0].message : 'none of the events could be accepted; see rejected';
  const problem = { ...problemOf(new BeckonError(code, detail)), ...body, status: 400 };
  reply.code(400).type('application/problem+json; charset=utf-8').send(JSON.stringify(problem));
};
