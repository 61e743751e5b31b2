import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import { formatTime, parseTime } from '../../base/clock.ts';
import { BeckonError } from '../../base/errors.ts';
import type { ServingParts } from '../parts.ts';

const ClockBody = Type.Object(
  { now: Type.String({ maxLength: 40, description: 'RFC 3339; a time before the log time moves nothing' }) },
  { additionalProperties: false },
);
const ClockAnswer = Type.Object({ now: Type.String({ format: 'date-time' }) });

/** IPv4 in its own form and within IPv6, and IPv6. */
const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;

/** `POST /v1/clock`: moves *now* of the log's clock, so that months run in minutes. */
export const clockRoutes = (app: FastifyInstance, { status, hasLogClock }: ServingParts): void => {
  app.post<{ Body: Static<typeof ClockBody> }>(
    '/v1/clock',
    {
      schema: {
        tags: ['operations'],
        summary: "Moves the log's clock (with --clock log, from this machine only)",
        body: ClockBody,
        response: { 200: ClockAnswer },
      },
    },
    (request, reply) => {
      if (!LOOPBACK.test(request.socket.remoteAddress ?? ''))
        throw new BeckonError('LOOPBACK_ONLY', 'the clock is moved from the machine that the service runs on only');
      if (!hasLogClock)
        throw new BeckonError('CLOCK_IS_WALL', 'the clock is that of the machine: start the service with --clock log');
      const nowMs = parseTime(request.body.now);
      if (Number.isNaN(nowMs) || nowMs < 0)
        throw new BeckonError('REQUEST_INVALID', 'now must be an RFC 3339 time such as 2026-01-31T09:00:00Z');
      reply.send({ now: formatTime(status.tell(nowMs)) });
    },
  );
};
