import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BeckonError, ERRORS, type ErrorCode } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';

const TYPE = 'application/problem+json; charset=utf-8';
/** Seconds after which a refused request may be sent again. */
const RETRY_AFTER_SEC = 1;

/** An RFC 9457 problem; `code` is what callers branch on. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly [extension: string]: unknown;
}

export const problemOf = (error: BeckonError): Problem => {
  const { status, title } = ERRORS[error.code];
  return {
    ...error.details,
    type: `urn:beckon:error:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
  };
};

export const sendProblem = (reply: FastifyReply, error: BeckonError): void => {
  const { status, retryable } = ERRORS[error.code];
  if (retryable && status === 503) reply.header('retry-after', RETRY_AFTER_SEC);
  reply
    .code(status)
    .type(TYPE)
    .send(JSON.stringify(problemOf(error)));
};

/** Fastify's own errors that have a name of ours; the rest is told apart by status. */
const BY_FASTIFY_CODE: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'CONTENT_TYPE_UNSUPPORTED',
  FST_ERR_VALIDATION: 'REQUEST_INVALID',
};

/** The one gate for errors: what is not ours becomes INTERNAL on the wire, and its cause goes to the log. */
export const translate = (error: unknown, onInternal: (cause: unknown) => void): BeckonError => {
  if (error instanceof BeckonError) {
    if (error.code === 'INTERNAL') onInternal(error.cause ?? error);
    return error;
  }
  const { code, statusCode, message } = error as FastifyError;
  const known = BY_FASTIFY_CODE[code];
  if (known !== undefined) return new BeckonError(known, message);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new BeckonError('REQUEST_INVALID', message);
  onInternal(error);
  return new BeckonError('INTERNAL', 'internal error');
};

/** What the router itself refuses: it would show the whole path, however long. */
const pathProblem = ({ code }: FastifyError): BeckonError =>
  new BeckonError(
    'REQUEST_INVALID',
    code === 'FST_ERR_MAX_PARAM_LENGTH'
      ? `an id in the path must have at most ${LIMITS.idBytesMax} bytes`
      : 'the path is not percent-encoded UTF-8',
  );

/** For requests that never reach a route. */
export const answerBadPath = (error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void => {
  sendProblem(reply, pathProblem(error));
};

/** Fastify closes the connection after each body that it refuses: whoever still sends would see a reset and no answer. */
export const keepConnection = (request: FastifyRequest, reply: FastifyReply): void => {
  if (Number(request.headers['content-length']) <= LIMITS.refusedBodyBytesMax) reply.removeHeader('connection');
};

export const installProblems = (app: FastifyInstance, onInternal: (cause: unknown) => void): void => {
  app.setErrorHandler((error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    keepConnection(request, reply);
    sendProblem(reply, translate(error, onInternal));
  });
  app.setNotFoundHandler((request, reply) => {
    sendProblem(
      reply,
      new BeckonError('ROUTE_UNKNOWN', `there is no ${request.method} ${request.url.split('?')[0].slice(0, 200)}`),
    );
  });
};
