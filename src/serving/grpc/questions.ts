import { BeckonError } from '../../base/errors.ts';
import { compileSchema } from '../../base/schema-check.ts';
import type { ScoreRequest as ScoreAsked } from '../../decisions/decision.ts';
import { BatchQuestion, batchRequestsOf, ScoreQuestion, scoreRequestOf } from '../score-question.ts';
import type { ScoreBatchRequest, ScoreRequest } from './generated/beckon/v1/scoring.ts';

const scoreProblem = compileSchema(ScoreQuestion, '');
const batchProblem = compileSchema(BatchQuestion, '');

/** @throws BeckonError REQUEST_INVALID */
export const scoreAsked = ({ customerId, explain, ...asked }: ScoreRequest): ScoreAsked => {
  const question = { customerId, ...present(asked), ...(explain === undefined ? {} : { explain }) };
  refuse(scoreProblem(question));
  return scoreRequestOf(question as ScoreQuestion);
};

/** @throws BeckonError REQUEST_INVALID, BATCH_TOO_LARGE */
export const batchAsked = ({ customerIds, ...asked }: ScoreBatchRequest): ScoreAsked[] => {
  const question = { customerIds, ...present(asked) };
  refuse(batchProblem(question));
  return batchRequestsOf(question as BatchQuestion);
};

const refuse = (problem: string | undefined): void => {
  if (problem !== undefined) throw new BeckonError('REQUEST_INVALID', problem);
};

/** An empty list cannot be told from none: both ask for all. */
const present = ({
  campaignId,
  context,
  channels,
  actions,
  limit,
  at,
}: Omit<ScoreRequest, 'customerId' | 'explain'>): Record<string, unknown> => {
  const question: Record<string, unknown> = {};
  if (campaignId !== undefined) question.campaignId = campaignId;
  if (context !== undefined) question.context = context;
  if (channels.length > 0) question.channels = channels;
  if (actions.length > 0) question.actions = actions;
  if (limit !== undefined) question.limit = limit;
  if (at !== undefined) question.at = at;
  return question;
};
