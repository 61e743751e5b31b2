import type { handleUnaryCall } from '@grpc/grpc-js';
import { BeckonError, ERRORS } from '../../base/errors.ts';
import { measures } from '../../base/measures.ts';
import { ownError } from '../own-error.ts';
import type { ServingParts } from '../parts.ts';
import { refuseWhenNotReady } from '../ready.ts';
import type { UnderWay } from '../under-way.ts';
import { errorResponse, type Violation } from './rich-error.ts';
import { checked } from './strict-messages.ts';
import { answerOnce } from './under-call.ts';

/** The pack that calls are answered with now. */
export interface Behind {
  readonly parts: ServingParts;
  readonly underWay: UnderWay;
  /** Aborted when the service stops: streams end once what they have taken is answered. */
  readonly stopping: AbortSignal;
}

/** Asked as a call begins: it ends on the pack that it began with, also where another takes its place. */
export type BehindNow = () => Behind;

/** An answer, or why there is none. */
export type Done<Answer> = (error: unknown, answer?: Answer, violations?: readonly Violation[]) => void;

const OK = 200;

/** Counts and measures a call. @returns called once, at its end, with the error that ended it */
export const beginCall = (route: string, { underWay }: Behind): ((error?: BeckonError) => void) => {
  const startMs = performance.now();
  underWay.begin();
  return (error) => {
    underWay.end();
    if (!measures.request.hasSubscribers) return;
    const status = error === undefined ? OK : ERRORS[error.code].status;
    measures.request.publish({ route, method: 'gRPC', status, durationMs: performance.now() - startMs });
  };
};

/**
 * A call with one question and one answer.
 * @param isAlways whether it is also answered where the service is not ready
 * @param send lets an answer go
 */
export const unary =
  <Question, Answer>(
    route: string,
    behindNow: BehindNow,
    handle: (question: Question, parts: ServingParts, done: Done<Answer>) => void,
    isAlways = false,
    send: (call: object, answer: Answer) => void = answerOnce,
  ): handleUnaryCall<Question, Answer> =>
  (call, callback) => {
    const behind = behindNow();
    const { parts } = behind;
    const end = beginCall(route, behind);
    const done: Done<Answer> = (error, answer, violations) => {
      if (answer !== undefined) {
        end();
        send(call, answer);
        return;
      }
      const own = ownError(error, parts.onInternal);
      end(own);
      callback(errorResponse(own, violations));
    };
    try {
      if (!isAlways) refuseWhenNotReady(parts);
      handle(checked(call.request), parts, done);
    } catch (error) {
      done(error);
    }
  };

/** What ends a stream of a service that stops. */
export const shuttingDown = (): BeckonError =>
  new BeckonError('SHUTTING_DOWN', 'the service is stopping: what was sent is answered; open the stream again');
