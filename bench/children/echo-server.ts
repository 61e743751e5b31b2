/** The ceiling of HTTP rows: plain Fastify with the product's schemas, which replies what it was told to. */
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { answerQuestions } from '../child-side.ts';

export interface EchoRoute {
  readonly path: string;
  readonly status: number;
  /** Schema of the request; undefined: the body is taken as bytes and not read. */
  readonly request: object | undefined;
  readonly response: object;
  /** What is replied. */
  readonly reply: object;
  /** Whose ids of the request take the place of those in the reply, so that answers can be checked alike. */
  readonly echo: 'customerId' | 'customerIds' | 'nothing';
}

interface Body {
  readonly customerId: string;
  readonly customerIds: readonly string[];
}

const BODY_BYTES_MAX = 1024 * 1024;

const listen = async (routes: readonly EchoRoute[]): Promise<string> => {
  const app = fastify({ bodyLimit: BODY_BYTES_MAX });
  for (const route of routes) {
    const { path, status, request, response, echo } = route;
    const reply = route.reply as { results: readonly object[] };
    app.register(async (scope) => {
      if (request === undefined) {
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      }
      const schema = { ...(request === undefined ? {} : { body: request }), response: { [status]: response } };
      scope.post<{ Body: Body }>(path, { schema }, ({ body }, to) => {
        to.code(status);
        if (echo === 'nothing') to.send(reply);
        else if (echo === 'customerId') to.send({ ...reply, customerId: body.customerId });
        else to.send({ results: body.customerIds.map((customerId, i) => ({ ...reply.results[i], customerId })) });
      });
    });
  }
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
};

answerQuestions({ listen });
