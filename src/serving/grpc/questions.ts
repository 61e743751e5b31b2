import { BeckonError } from '../../base/errors.ts';
import { compileSchema } from '../../base/schema-check.ts';
import type { ColumnsAsked } from '../../decisions/column-scorer.ts';
import type { BatchRequest, ScoreRequest as ScoreAsked } from '../../decisions/decision.ts';
import { askedTimeMs } from '../asked-time.ts';
import {
  BatchQuestion,
  batchRequestOf,
  checkCount,
  checkCustomer,
  ScoreQuestion,
  scoreRequestOf,
} from '../score-question.ts';
import type { AskedIds, BatchMessage } from './batch-message.ts';
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
export const batchAsked = ({ customerIds, ...asked }: ScoreBatchRequest): BatchRequest => {
  const question = { customerIds, ...present(asked) };
  refuse(batchProblem(question));
  return batchRequestOf(question as BatchQuestion);
};

/** The same for columns. @throws BeckonError REQUEST_INVALID, BATCH_TOO_LARGE */
export const columnsAsked = ({ customers, ...asked }: BatchMessage, nowMs: number): ColumnsAsked => {
  const { channels, actions, limit, campaignId, context, at } = asked;
  if (channels.length > 0 || actions.length > 0 || limit !== undefined)
    throw new BeckonError(
      'REQUEST_INVALID',
      'columns have no channels, actions or limit: scores are of the models alone',
    );
  if (customers === undefined || customers.count === 0)
    throw new BeckonError('REQUEST_INVALID', 'customerIds must name a customer');
  checkIds(customers);
  refuse(scoreProblem({ customerId: ANYBODY, ...present(asked) }));
  return {
    customers,
    nowMs,
    atMs: askedTimeMs(at),
    ...(campaignId === undefined ? {} : { campaignId }),
    ...(context === undefined ? {} : { context }),
  };
};

/** Stands for customers who were looked at already. */
const ANYBODY = 'anybody';

const checkIds = ({ bytes, bounds, count, doubtful }: AskedIds): void => {
  checkCount(count);
  for (let i = doubtful; i < count; i++) checkCustomer(bytes.toString('utf8', bounds[2 * i], bounds[2 * i + 1]), i);
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
