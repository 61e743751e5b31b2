import type { FastifyInstance, FastifyReply } from 'fastify';
import Type from 'typebox';
import { BeckonError, type ErrorCode } from '../../base/errors.ts';
import { measures } from '../../base/measures.ts';
import { BATCH, type EventItem, isRejected, type RejectedEvent, readRequest, STRUCTURED } from '../../events/codec.ts';
import { eventTypesAnswer } from '../../events/document.ts';
import type { Event } from '../../events/event.ts';
import { EVENT_RESULT } from '../../state/writer.ts';
import type { HttpParts } from './parts.ts';
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
export const eventRoutes = (app: FastifyInstance, parts: HttpParts): void => {
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
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
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
        const reason = parts.notReady();
        if (reason !== undefined) throw new BeckonError('NOT_READY', reason);
        const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
        const type = request.headers['content-type'];
        if ((type === STRUCTURED || type === BATCH) && acceptPlain(body, type === BATCH, reply, parts)) return;
        accept(readRequest(type, request.headers, body), reply, parts);
      },
    );
  });
};

/** @returns false where the body has to be read */
const acceptPlain = (body: Buffer, isBatch: boolean, reply: FastifyReply, parts: HttpParts): boolean => {
  const count = parts.sink.submitPlain(body, isBatch, (error, results, from) => {
    if (error !== undefined) return sendProblem(reply, translate(error, parts.onInternal));
    const { duplicates, early } = tally(results, from, count);
    // Who was too early has an id, which is found by reading after all.
    const items = early.length === 0 ? [] : readRequest(isBatch ? BATCH : STRUCTURED, {}, body);
    const rejected = early.map((index) => tooEarly(index, (items[index] as Event).id));
    answer(reply, count - duplicates - early.length, duplicates, rejected);
  });
  return count > 0;
};

const accept = (items: readonly EventItem[], reply: FastifyReply, parts: HttpParts): void => {
  const events: Event[] = [];
  const rejected: RejectedEvent[] = [];
  /** Position in the request of each event; the same as in the list where none was rejected. */
  const indexes: number[] = [];
  for (const [index, item] of items.entries()) {
    if (isRejected(item)) {
      rejected.push(item);
    } else {
      indexes.push(index);
      events.push(item);
    }
  }
  if (events.length === 0) {
    answer(reply, 0, 0, rejected);
    return;
  }
  parts.sink.submit(events, (error, results, from) => {
    if (error !== undefined) return sendProblem(reply, translate(error, parts.onInternal));
    const { duplicates, early } = tally(results, from, events.length);
    for (const i of early) rejected.push(tooEarly(indexes[i], events[i].id));
    answer(reply, events.length - duplicates - early.length, duplicates, rejected);
  });
};

/** @returns how many were duplicates, and which are too far ahead of the log time */
const tally = (results: Uint8Array, from: number, count: number): { duplicates: number; early: readonly number[] } => {
  const early: number[] = [];
  let duplicates = 0;
  for (let i = 0; i < count; i++) {
    const result = results[from + i];
    if (result === EVENT_RESULT.duplicate) duplicates++;
    else if (result === EVENT_RESULT.fromFuture) early.push(i);
  }
  return { duplicates, early };
};

const tooEarly = (index: number, id: string): RejectedEvent => ({
  index,
  id,
  code: 'EVENT_FROM_FUTURE',
  message: 'time is more than the allowed minutes ahead of the log time',
});

const answer = (reply: FastifyReply, accepted: number, duplicates: number, rejected: RejectedEvent[]): void => {
  if (rejected.length === 0) {
    reply.code(202).send({ accepted, duplicates, rejected });
    return;
  }
  rejected.sort((a, b) => a.index - b.index);
  for (const { code } of rejected) measures.rejection.publish({ code, events: 1 });
  const body = { accepted, duplicates, rejected };
  if (accepted + duplicates > 0) reply.code(202).send(body);
  else refuse(reply, body);
};

/** Nothing was accepted: a problem that carries the same list. With one event its code speaks for the request. */
const refuse = (reply: FastifyReply, body: { rejected: readonly RejectedEvent[] }): void => {
  const codes = new Set<ErrorCode>(body.rejected.map(({ code }) => code));
  const code = codes.size === 1 ? body.rejected[0].code : 'EVENT_REJECTED';
  const detail =
    body.rejected.length === 1 ? body.rejected[0].message : 'none of the events could be accepted; see rejected';
  const problem = { ...problemOf(new BeckonError(code, detail)), ...body, status: 400 };
  reply.code(400).type('application/problem+json; charset=utf-8').send(JSON.stringify(problem));
};
