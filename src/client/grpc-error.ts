import { type ServiceError, status } from '@grpc/grpc-js';
import type { RejectedEvent } from '../events/codec.ts';
import { BadRequest, ErrorInfo, RetryInfo } from '../serving/grpc/generated/google/rpc/error_details.ts';
import { Status } from '../serving/grpc/generated/google/rpc/status.ts';
import { CallError, type CallErrorCode } from './call-error.ts';

const DETAILS = 'grpc-status-details-bin';
const TYPES = 'type.googleapis.com/google.rpc.';

/** What the library itself ends a call with, where the service has said nothing. */
const OF_STATUS: Readonly<Partial<Record<status, CallErrorCode>>> = {
  [status.UNAVAILABLE]: 'UNREACHABLE',
  // A service that ends before its drain is over, or a proxy, resets streams.
  [status.CANCELLED]: 'UNREACHABLE',
  [status.INTERNAL]: 'UNREACHABLE',
  [status.DEADLINE_EXCEEDED]: 'TIMED_OUT',
  [status.RESOURCE_EXHAUSTED]: 'BODY_TOO_LARGE',
  [status.UNIMPLEMENTED]: 'ROUTE_UNKNOWN',
};

/** The end of a call as its `google.rpc` details tell it. @param ids of the events that it was to append */
export const grpcError = (error: ServiceError, ids: readonly string[] = []): CallError => {
  const { code, details: message, metadata } = error;
  const [rich] = metadata?.get(DETAILS) ?? [];
  const told = rich === undefined ? [] : Status.decode(rich as Buffer).details;
  const detail = (type: string): Uint8Array | undefined =>
    told.find(({ typeUrl }) => typeUrl === `${TYPES}${type}`)?.value;
  const info = detail('ErrorInfo');
  if (info === undefined) return new CallError(OF_STATUS[code] ?? 'ANSWER_UNREADABLE', message, { cause: error });
  const { reason, metadata: facts } = ErrorInfo.decode(info);
  return new CallError(reason, message, {
    details: Object.fromEntries(Object.entries(facts).map(([name, text]) => [name, factOf(text)])),
    rejected: rejectedOf(detail('BadRequest'), ids),
    retryAfterMs: waitOf(detail('RetryInfo')),
  });
};

/** Facts are texts on the wire. */
const factOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const NANOS_PER_MS = 1e6;

const waitOf = (info: Uint8Array | undefined): number | undefined => {
  if (info === undefined) return undefined;
  const { seconds = 0, nanos = 0 } = RetryInfo.decode(info).retryDelay ?? {};
  return seconds * 1000 + nanos / NANOS_PER_MS;
};

const rejectedOf = (info: Uint8Array | undefined, ids: readonly string[]): RejectedEvent[] => {
  const violations = info === undefined ? [] : BadRequest.decode(info).fieldViolations;
  return violations.map(({ field, description, reason }) => {
    const index = Number(/^events\[(\d+)\]$/.exec(field)?.[1]);
    return { index, id: ids[index], code: reason as RejectedEvent['code'], message: description };
  });
};
