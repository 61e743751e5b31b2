import type { Candidate, Decision } from '../decisions/decision.ts';
import type { Appended } from '../serving/append.ts';
import type {
  Candidate as CandidateMessage,
  Decision as DecisionMessage,
} from '../serving/grpc/generated/beckon/v1/decision.ts';
import type { AppendResponse, Event } from '../serving/grpc/generated/beckon/v1/events.ts';
import type { ScoreBatchRequest, ScoreRequest } from '../serving/grpc/generated/beckon/v1/scoring.ts';
import type { BatchQuestion, ScoreQuestion } from '../serving/score-question.ts';
import { CallError } from './call-error.ts';
import type { BeckonEvent } from './event.ts';

/** @throws CallError REQUEST_INVALID */
export const scoreRequest = ({ customerId, explain, ...asked }: ScoreQuestion): ScoreRequest => ({
  customerId,
  explain,
  ...common(asked),
});

/** @throws CallError REQUEST_INVALID */
export const batchRequest = ({ customerIds, record: _record, ...asked }: BatchQuestion): ScoreBatchRequest => ({
  customerIds,
  ...common(asked),
});

const common = ({ campaignId, context, channels, actions, limit, at }: Omit<ScoreQuestion, 'customerId'>) => ({
  campaignId,
  context,
  channels: listOf('channels', channels),
  actions: listOf('actions', actions),
  limit,
  at,
});

/** No list asks for all and an empty one for none; a message cannot tell the two apart. */
const listOf = (name: string, list: string[] | undefined): string[] => {
  if (list?.length === 0)
    throw new CallError(
      'REQUEST_INVALID',
      `${name}: an empty list cannot be asked over gRPC; leave it out to ask for all`,
    );
  return list ?? [];
};

/** A decision in the form of `POST /v1/score`, where what is not known is absent. */
export const decisionOf = ({
  asOf,
  decision,
  ranked,
  channels,
  call,
  degraded,
  ...rest
}: DecisionMessage): Decision => ({
  ...rest,
  asOf: asOf ?? { offset: 0, lagMs: 0 },
  decision: present(decision ?? NO_ADVICE),
  ranked: ranked.map(candidateOf),
  channels: channels.map(present),
  ...(call === undefined ? {} : { call }),
  reasons: [],
  ...(degraded ? { degraded } : {}),
});

/** What a message that says nothing would advise. */
const NO_ADVICE = { actionId: 'hold', expectedValue: 0, selectionProbability: 1, hold: true, params: undefined };

const candidateOf = ({ hold, ...candidate }: CandidateMessage): Candidate => ({
  ...present(candidate),
  ...(hold ? { hold } : {}),
});

const present = <T extends object>(message: T): T =>
  Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined)) as T;

export const eventMessage = ({ data, extensions, time, dataschema, ...event }: BeckonEvent): Event => ({
  ...event,
  time,
  dataschema,
  extensions: extensions === undefined ? undefined : { ...extensions },
  payload: { $case: 'dataJson', value: Buffer.from(JSON.stringify(data)) },
});

/** Of what stands beside the data: attributes are bounded. */
const ATTRIBUTES_BYTES = 512;

export const eventBytes = ({ payload }: Event): number =>
  ATTRIBUTES_BYTES + (payload?.$case === 'dataJson' ? payload.value.length : 0);

/** Codes are those of the one table. */
export const appendedOf = (response: AppendResponse): Appended => ({
  accepted: response.accepted,
  duplicates: response.duplicates,
  rejected: response.rejected.map(present) as Appended['rejected'],
});
