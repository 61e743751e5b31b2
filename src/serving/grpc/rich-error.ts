import { Metadata, type ServerErrorResponse, status } from '@grpc/grpc-js';
import { type BeckonError, ERRORS } from '../../base/errors.ts';
import { BadRequest, ErrorInfo, RetryInfo } from './generated/google/rpc/error_details.ts';
import { Status } from './generated/google/rpc/status.ts';

const DETAILS = 'grpc-status-details-bin';
const TYPES = 'type.googleapis.com/google.rpc.';
const DOMAIN = 'beckon';
/** After which a refused call may be made again. */
const RETRY_DELAY = { seconds: 1, nanos: 0 };

/** What is wrong with one field of a request. */
export interface Violation {
  readonly field: string;
  readonly description: string;
  /** An error's code. */
  readonly reason: string;
}

/**
 * An error as the end of a call: its code as the reason of an `ErrorInfo`, and when to try again where that may help.
 */
export const errorResponse = (error: BeckonError, violations: readonly Violation[] = []): ServerErrorResponse => {
  const { grpc, retryable } = ERRORS[error.code];
  const { message } = error;
  const code = status[grpc as keyof typeof status];
  const told = Object.entries(error.details ?? {}).map(([name, value]) => [
    name,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ]);
  const info = ErrorInfo.encode({ reason: error.code, domain: DOMAIN, metadata: Object.fromEntries(told) });
  const details = [detail('ErrorInfo', info.finish())];
  if (retryable) details.push(detail('RetryInfo', RetryInfo.encode({ retryDelay: RETRY_DELAY }).finish()));
  if (violations.length > 0) details.push(detail('BadRequest', badRequest(violations)));
  const metadata = new Metadata();
  metadata.set(DETAILS, Buffer.from(Status.encode({ code, message, details }).finish()));
  return Object.assign(new Error(message), { code, details: message, metadata });
};

const detail = (type: string, value: Uint8Array) => ({ typeUrl: `${TYPES}${type}`, value: Buffer.from(value) });

const badRequest = (violations: readonly Violation[]): Uint8Array =>
  BadRequest.encode({
    fieldViolations: violations.map((violation) => ({ ...violation, localizedMessage: undefined })),
  }).finish();
