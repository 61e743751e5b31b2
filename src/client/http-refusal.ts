import type { IncomingHttpHeaders } from 'node:http';
import type { RejectedEvent } from '../events/codec.ts';
import type { Problem } from '../serving/http/problem.ts';
import { CallError } from './call-error.ts';

/** What proxies answer for a service that they do not reach. */
const GATEWAY = [502, 503, 504];

/** Why an answer is none. */
export const refusalOf = (status: number, headers: IncomingHttpHeaders, body: string): CallError => {
  const retryAfterMs = waitOf(headers['retry-after']);
  const problem = problemIn(body);
  if (problem === undefined) {
    const code = GATEWAY.includes(status) ? 'UNREACHABLE' : 'ANSWER_UNREADABLE';
    return new CallError(code, `HTTP ${status}, and not from Beckon`, { retryAfterMs });
  }
  return problemError(problem, retryAfterMs);
};

export const problemError = (problem: Problem, retryAfterMs?: number): CallError => {
  const {
    type: _type,
    title,
    status: _status,
    code,
    detail,
    accepted: _a,
    duplicates: _d,
    rejected,
    ...details
  } = problem;
  const list = rejected as readonly RejectedEvent[] | undefined;
  return new CallError(code, detail ?? title, { details, rejected: list, retryAfterMs });
};

const problemIn = (body: string): Problem | undefined => {
  try {
    const value = JSON.parse(body) as Problem | null;
    return typeof value?.code === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
};

/** `Retry-After` is in seconds or a date. */
const waitOf = (header: string | undefined): number | undefined => {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
};
