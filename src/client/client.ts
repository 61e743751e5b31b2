/** What `beckon/client` offers: the one place where names are passed on. */
export type { Decision } from '../decisions/decision.ts';
export type { StreamMessage } from '../decisions/stream-message.ts';
export type { Appended } from '../serving/append.ts';
export type { Customer } from '../serving/customer.ts';
export type { Model } from '../serving/grpc/generated/beckon/v1/models.ts';
export type { BatchQuestion, ScoreQuestion } from '../serving/score-question.ts';
export type {
  AppendedStream,
  BeckonClient,
  CustomerOptions,
  FollowOptions,
  Scored,
  StreamOptions,
} from './beckon-client.ts';
export { CallError, type CallErrorCode } from './call-error.ts';
export type { CallOptions } from './caller.ts';
export { type ConnectOptions, connect } from './connect.ts';
export type { BeckonEvent } from './event.ts';
