import { ERRORS, type ErrorCode } from '../base/errors.ts';
import type { RejectedEvent } from '../events/codec.ts';

/** What no service has told, and whether the same call may succeed later: whatever a client asks may be asked twice. */
const OWN = {
  /** Nobody answers there, or the connection broke before the answer was whole. */
  UNREACHABLE: true,
  /** The time for the call was over. */
  TIMED_OUT: true,
  /** What came is no answer of Beckon's. */
  ANSWER_UNREADABLE: false,
} as const;

/** A code of the table of errors or of the client itself; a newer service may tell one that is not known here. */
export type CallErrorCode = ErrorCode | keyof typeof OWN | (string & {});

interface Told {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly rejected?: readonly RejectedEvent[];
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Why a call has no answer. Branch on `code`: it never changes its meaning. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: CallErrorCode;
  /** The same call may succeed later without being changed. */
  readonly retryable: boolean;
  /** How long the service asks to wait before that. */
  readonly retryAfterMs: number | undefined;
  /** Machine-readable facts, such as the limit that was passed. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Where none of the events could be accepted: each with its reason. */
  readonly rejected: readonly RejectedEvent[];

  constructor(code: CallErrorCode, message: string, told: Told = {}) {
    super(message, told.cause === undefined ? undefined : { cause: told.cause });
    this.code = code;
    this.retryAfterMs = told.retryAfterMs;
    this.retryable = isRetryable(code) ?? told.retryAfterMs !== undefined;
    this.details = told.details ?? {};
    this.rejected = told.rejected ?? [];
  }

  /** Whether the service itself has refused, and not the way to it. */
  get isRefusal(): boolean {
    return !(this.code in OWN);
  }
}

/** @returns undefined for a code that is not known here */
const isRetryable = (code: string): boolean | undefined =>
  code in OWN ? OWN[code as keyof typeof OWN] : ERRORS[code as ErrorCode]?.retryable;
