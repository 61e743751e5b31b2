import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import { BeckonError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { isOfCampaign } from '../../state/outbox-reader.ts';
import type { ServingParts } from '../parts.ts';
import { refuseWhenNotReady } from '../ready.ts';
import type { UnderWay } from '../under-way.ts';
import { SseWay } from './sse-way.ts';

const strict = { additionalProperties: false } as const;
const CURSOR = '^(0|[1-9][0-9]{0,14})$';
const Cursor = Type.String({ pattern: CURSOR, description: 'What comes after this cursor' });
const Campaign = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'Only messages about it, or about customers whose decision was of it before',
});
const FollowQuery = Type.Object({ after: Type.Optional(Cursor), campaignId: Type.Optional(Campaign) }, strict);
const PageQuery = Type.Object(
  {
    ...FollowQuery.properties,
    limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,3}$', description: `Up to ${LIMITS.streamPageMax}` })),
  },
  strict,
);
const Page = Type.Object({
  messages: Type.Array(
    Type.Object(
      {
        cursor: Type.Integer(),
        type: Type.Enum(['decision.made', 'trigger.fired']),
        customerId: Type.String(),
      },
      { description: 'As docs/stream.md has it' },
    ),
  ),
  next: Type.Integer({ description: 'The cursor to go on after' }),
  more: Type.Boolean({ description: 'Whether more may be there already' }),
});
const LAST_EVENT_ID = 'last-event-id';

/** `GET /v1/decisions` and `GET /v1/decisions/stream`. */
export const streamRoutes = (app: FastifyInstance, parts: ServingParts, underWay: UnderWay): void => {
  const { stream } = parts;
  const tags = ['decisions'];

  app.get<{ Querystring: Static<typeof PageQuery> }>(
    '/v1/decisions',
    {
      schema: {
        tags,
        summary: 'Decisions that have changed and triggers that have fired, by cursor',
        querystring: PageQuery,
        response: { 200: Page },
      },
    },
    async (request, reply) => {
      refuseWhenNotReady(parts);
      const { after, campaignId, limit } = request.query;
      const outbox = await stream.outbox();
      const rows = Math.min(Number(limit ?? LIMITS.streamPageMax), LIMITS.streamPageMax);
      const { messages, next, more } = outbox.after(Number(after ?? outbox.bounds().trimmed), rows);
      const wanted = campaignId === undefined ? messages : messages.filter((one) => isOfCampaign(one, campaignId));
      const texts = wanted.map(({ text }) => text).join(',');
      return reply
        .type('application/json; charset=utf-8')
        .serializer((text: string) => text)
        .send(`{"messages":[${texts}],"next":${next},"more":${more}}`);
    },
  );

  app.get<{ Querystring: Static<typeof FollowQuery> }>(
    '/v1/decisions/stream',
    {
      schema: {
        tags,
        summary: 'The same as Server-Sent Events; goes on after Last-Event-ID or `after`, else from now on',
        querystring: FollowQuery,
      },
    },
    async (request, reply) => {
      refuseWhenNotReady(parts);
      const { followers } = stream;
      followers.checkRoom();
      const outbox = await stream.outbox();
      const asked = lastEventId(request.headers[LAST_EVENT_ID]) ?? request.query.after;
      const cursor = asked === undefined ? outbox.bounds().newest : Number(asked);
      // What cannot be followed is refused with a status, while there still is one.
      outbox.after(cursor, 1);
      reply.hijack();
      // The answer never ends by itself: a change of the pack does not wait for it.
      underWay.end();
      const { raw } = reply;
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      raw.flushHeaders();
      raw.on('close', followers.add(new SseWay(raw, request.query.campaignId), outbox, cursor));
    },
  );
};

/** @throws BeckonError REQUEST_INVALID */
const lastEventId = (header: string | string[] | undefined): string | undefined => {
  if (header === undefined || header === '') return undefined;
  if (typeof header === 'string' && new RegExp(CURSOR).test(header)) return header;
  throw new BeckonError('REQUEST_INVALID', 'Last-Event-ID must be a cursor of this stream');
};
