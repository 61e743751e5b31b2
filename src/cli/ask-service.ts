import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text as textOf } from 'node:stream/consumers';
import { BeckonError, ERRORS, type ErrorCode } from '../base/errors.ts';

/**
 * Asks a running service, and waits for the answer however long it takes.
 * @param path below the address, without a leading slash: `v1/state`
 * @param body sent as JSON; without one it is a GET
 * @returns the answer's JSON
 * @throws BeckonError what the service answered, by its own code; NOT_READY where none answers; USAGE
 */
export const askService = async (url: string, path: string, body?: unknown): Promise<unknown> => {
  const target = serviceUrl(url, path);
  let status: number;
  let text: string;
  try {
    ({ status, text } = await send(target, body));
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new BeckonError('NOT_READY', `no service answers at ${target.origin}: ${message || code}`, { cause: error });
  }
  const answer = parse(text);
  if (status === 200 && answer !== undefined) return answer;
  const { code, detail } = (answer ?? {}) as { code?: string; detail?: string };
  if (code !== undefined && code in ERRORS) throw new BeckonError(code as ErrorCode, detail ?? text.slice(0, 300));
  throw new BeckonError('REQUEST_INVALID', `${target.origin} answered ${status}: ${text.slice(0, 300)}`);
};

/** The address of a route of a service. @throws BeckonError USAGE */
export const serviceUrl = (url: string, path: string): URL => {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol))
    throw new BeckonError('USAGE', `--url must be like http://127.0.0.1:8080, not ${url}`);
  return new URL(path, base.href.endsWith('/') ? base : `${base.href}/`);
};

/** Not `fetch`: it gives up on a service that works for five minutes. */
const send = (target: URL, body: unknown): Promise<{ status: number; text: string }> => {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = payload && { 'content-type': 'application/json', 'content-length': payload.length };
  const request = target.protocol === 'https:' ? httpsRequest : httpRequest;
  request(target, { method: payload === undefined ? 'GET' : 'POST', headers, agent: false }, (response) => {
    textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
  })
    .once('error', reject)
    .end(payload);
  return promise;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
