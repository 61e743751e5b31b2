import { setTimeout as delay } from 'node:timers/promises';
import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { toCloudEvent } from '../events/codec.ts';
import { serviceUrl } from './ask-service.ts';
import { type ReplaySink, type SubmitOutcome, sumOf } from './replay-sink.ts';

/** Requests under way: enough that one is on the way while others are on the service's disk. */
const IN_FLIGHT = 4;
/** A busy service answers after seconds, a restarting one after its recovery; beyond that somebody has to look. */
const PATIENCE_MS = 120_000;
const RETRY_MS = 1000;
/** Headers and the brackets of the list stay below the rest. */
const BODY_BYTES_MAX = LIMITS.bodyBytesMax - 1024;

/** Posts to `/v1/events`. What has been sent twice after a broken connection is a duplicate there. */
export const openHttpSink = (url: string): ReplaySink => {
  const target = serviceUrl(url, 'v1/events');
  return {
    batchEventsMax: LIMITS.eventsPerRequestMax,
    inFlightMax: IN_FLIGHT,
    submit: (events) =>
      postLines(
        target,
        events.map((event) => JSON.stringify(toCloudEvent(event))),
      ),
    close: async () => {},
  };
};

/** Posts events, each in JSON, in as few requests as a service allows. @returns what became of all of them */
export const postLines = async (target: URL, lines: readonly string[]): Promise<SubmitOutcome> => {
  let total: SubmitOutcome = { accepted: 0, duplicates: 0, rejected: {} };
  for (const body of bodiesOf(lines)) total = sumOf(total, await postBatch(target, body));
  return total;
};

/** The events as batches in JSON, none of more events or bytes than a body may have. */
const bodiesOf = (lines: readonly string[]): string[] => {
  const bodies: string[] = [];
  let parts: string[] = [];
  let bytes = 0;
  const end = (): void => {
    if (parts.length > 0) bodies.push(`[${parts.join(',')}]`);
    parts = [];
    bytes = 0;
  };
  for (const line of lines) {
    const size = Buffer.byteLength(line) + 1;
    if (parts.length === LIMITS.eventsPerRequestMax || bytes + size > BODY_BYTES_MAX) end();
    parts.push(line);
    bytes += size;
  }
  end();
  return bodies;
};

/** Posts a batch, again and again while the service is busy or starting. @param body CloudEvents in JSON */
const postBatch = async (target: URL, body: string): Promise<SubmitOutcome> => {
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  const givingUpMs = Date.now() + PATIENCE_MS;
  for (;;) {
    let status: number;
    let retryAfter: string | null;
    let text: string;
    try {
      const response = await fetch(target, { method: 'POST', headers, body });
      ({ status } = response);
      retryAfter = response.headers.get('retry-after');
      text = await response.text();
    } catch (error) {
      const { cause } = error as Error;
      const why = cause instanceof Error ? cause.message : (error as Error).message;
      if (!reached.has(target.host) || Date.now() > givingUpMs)
        throw new BeckonError('NOT_READY', `no service answers at ${target.origin}: ${why}`, { cause: error });
      await delay(RETRY_MS);
      continue;
    }
    reached.add(target.host);
    const outcome = status === 202 || status === 400 ? readOutcome(text) : undefined;
    if (outcome !== undefined) return outcome;
    if (status !== 503 && status !== 429)
      throw new BeckonError('REQUEST_INVALID', `${target.origin} answered ${status}: ${text.slice(0, 300)}`);
    if (Date.now() > givingUpMs)
      throw new BeckonError('OVERLOADED', `${target.origin} has refused the same events for ${PATIENCE_MS / 1000} s`);
    await delay(retryMs(retryAfter));
  }
};

/** Services that have answered once: a broken connection is then a restart, not a wrong address. */
const reached = new Set<string>();

const retryMs = (header: string | null): number => {
  const seconds = Number(header ?? Number.NaN);
  return seconds >= 0 && seconds <= 60 ? seconds * 1000 : RETRY_MS;
};

/** The answer to a batch: also a 400 has the list where none of the events could be accepted. */
const readOutcome = (text: string): SubmitOutcome | undefined => {
  let answer: { accepted?: number; duplicates?: number; rejected?: { code: string }[] };
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(answer?.rejected)) return undefined;
  const rejected: Record<string, number> = {};
  for (const { code } of answer.rejected) rejected[code] = (rejected[code] ?? 0) + 1;
  return { accepted: answer.accepted ?? 0, duplicates: answer.duplicates ?? 0, rejected };
};
