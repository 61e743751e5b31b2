import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { BeckonError } from '../../base/errors.ts';

/**
 * JSON is the one content type of a body. Bytes that are not UTF-8 are refused: replaced by U+FFFD, two customers would
 * become one. Keys such as `__proto__` are for the schemas to refuse, which know every key.
 */
export const readJsonBodies = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    if (!isUtf8(body)) {
      done(new BeckonError('MALFORMED_JSON', 'the body is not UTF-8'));
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(body.toString());
    } catch {
      done(new BeckonError('MALFORMED_JSON', 'the body is not JSON'));
      return;
    }
    done(null, value);
  });
};
