import { BeckonError, ERRORS, type ErrorCode } from '../base/errors.ts';

/**
 * Asks a running service.
 * @param path below the address, without a leading slash: `v1/state`
 * @returns the answer's JSON
 * @throws BeckonError what the service answered, by its own code; NOT_READY where none answers; USAGE
 */
export const askService = async (url: string, path: string): Promise<unknown> => {
  const target = serviceUrl(url, path);
  let status: number;
  let text: string;
  try {
    const response = await fetch(target);
    status = response.status;
    text = await response.text();
  } catch (error) {
    const { cause, message } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new BeckonError('NOT_READY', `no service answers at ${target.origin}: ${why}`, { cause: error });
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

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
