import { BeckonError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { BatchRequest, Decision } from '../../decisions/decision.ts';
import type { ServingParts } from '../parts.ts';
import { ofQuestion } from '../score-question.ts';
import { type BatchMessage, batchMessage } from './batch-message.ts';
import { type BehindNow, type Done, unary } from './call.ts';
import { DecisionWriter, RESULTS } from './decision-writer.ts';
import {
  ColumnType,
  type ScoreBatchRequest,
  type ScoreRequest,
  ScoringServiceService,
} from './generated/beckon/v1/scoring.ts';
import { batchAsked, columnsAsked, scoreAsked } from './questions.ts';
import { answerColumns, type Framed } from './score-columns.ts';
import { scoreStream } from './score-stream.ts';
import { strictly, unlessBroken } from './strict-messages.ts';
import { answerFrame, answerOnce } from './under-call.ts';
import { watch } from './watch.ts';

const writer = new DecisionWriter();

const strict = strictly(ScoringServiceService);

/** Answers are decisions as they are made, and become messages here. */
export const scoringDefinition = {
  ...strict,
  score: {
    ...strict.score,
    responseSerialize(decision: Decision): Buffer {
      writer.write(0x0a, decision);
      // The library copies it at once.
      return writer.out.peek();
    },
  },
  scoreBatch: {
    ...strict.scoreBatch,
    requestDeserialize: unlessBroken(batchMessage),
    responseSerialize: (answer: Buffer) => answer,
  },
};

/** `Score`, `ScoreBatch`, `ScoreStream` and `Watch`. */
export const scoringService = (behind: BehindNow) => ({
  score: unary<ScoreRequest, Decision>('ScoringService/Score', behind, (question, parts, done) =>
    parts.decider.decide(scoreAsked(question), (error, decision) => {
      if (decision === undefined) done(error);
      else done(undefined, decision);
    }),
  ),
  scoreBatch: unary<BatchMessage, Uint8Array | Framed>(
    'ScoringService/ScoreBatch',
    behind,
    (question, parts, done) => {
      const isShort = isShortColumns(question);
      if (isShort !== undefined) answerColumns(columnsAsked(question, parts.clock.nowMs()), isShort, parts, done);
      else {
        const asked = batchAsked(question);
        if (asked.customerIds.length > LIMITS.inlineBatchCustomersMax)
          parts.pool.decideFields(asked).then((fields) => done(undefined, fields), done);
        else inline(asked, parts, done);
      }
    },
    false,
    (call, answer) => {
      if ('frame' in answer) answerFrame(call, answer.frame, answer.left);
      else answerOnce(call, answer);
    },
  ),
  scoreStream: scoreStream(behind),
  watch: watch(behind),
});

/** @returns whether 16 bits a number are enough; undefined where decisions are asked for. @throws BeckonError REQUEST_INVALID */
const isShortColumns = ({ columns = ColumnType.UNSPECIFIED }: ScoreBatchRequest): boolean | undefined => {
  if (columns === ColumnType.UNSPECIFIED) return undefined;
  if (columns === ColumnType.F32 || columns === ColumnType.U16) return columns === ColumnType.U16;
  throw new BeckonError('REQUEST_INVALID', `columns: there is no type ${columns}`);
};

/** As a `ScoreBatchResponse`. */
const inline = (asked: BatchRequest, { decider }: ServingParts, done: Done<Uint8Array>): void => {
  const decisions = new Array<Decision>(asked.customerIds.length);
  let left = decisions.length;
  let failure: BeckonError | undefined;
  decider.decideAll(asked, (i, error, decision) => {
    if (decision === undefined) failure ??= ofQuestion(error as BeckonError, i);
    else decisions[i] = decision;
    if (--left > 0) return;
    if (failure === undefined) done(undefined, resultsOf(decisions));
    else done(failure);
  });
};

const resultsOf = (decisions: readonly Decision[]): Buffer => {
  for (const decision of decisions) writer.write(RESULTS, decision);
  return writer.out.take();
};
