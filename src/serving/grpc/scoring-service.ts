import type { BeckonError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Decision, ScoreRequest as ScoreAsked } from '../../decisions/decision.ts';
import type { ServingParts } from '../parts.ts';
import { ofQuestion } from '../score-question.ts';
import { type BehindNow, type Done, unary } from './call.ts';
import { decisionMessage } from './decision-message.ts';
import type { ScoreBatchResponse, ScoringServiceServer } from './generated/beckon/v1/scoring.ts';
import { batchAsked, scoreAsked } from './questions.ts';
import { scoreStream } from './score-stream.ts';
import { watch } from './watch.ts';

/** `Score`, `ScoreBatch`, `ScoreStream` and `Watch`. */
export const scoringService = (behind: BehindNow): ScoringServiceServer => ({
  score: unary('ScoringService/Score', behind, (question, parts, done) =>
    parts.decider.decide(scoreAsked(question), (error, decision) => {
      if (decision === undefined) done(error);
      else done(undefined, { decision: decisionMessage(decision) });
    }),
  ),
  scoreBatch: unary('ScoringService/ScoreBatch', behind, (question, parts, done) => {
    const asked = batchAsked(question);
    if (asked.length > LIMITS.inlineBatchCustomersMax) fromPool(asked, parts, done);
    else inline(asked, parts, done);
  }),
  scoreStream: scoreStream(behind),
  watch: watch(behind),
});

const inline = (asked: readonly ScoreAsked[], { decider }: ServingParts, done: Done<ScoreBatchResponse>): void => {
  const results = new Array<ReturnType<typeof decisionMessage>>(asked.length);
  let left = asked.length;
  let failure: BeckonError | undefined;
  decider.decideAll(asked, (i, error, decision) => {
    if (decision === undefined) failure ??= ofQuestion(error as BeckonError, i);
    else results[i] = decisionMessage(decision);
    if (--left > 0) return;
    if (failure === undefined) done(undefined, { results });
    else done(failure);
  });
};

const fromPool = (asked: readonly ScoreAsked[], { pool }: ServingParts, done: Done<ScoreBatchResponse>): void => {
  pool.decide(asked).then((text) => {
    const decisions = JSON.parse(`[${Buffer.from(text).toString()}]`) as Decision[];
    done(undefined, { results: decisions.map(decisionMessage) });
  }, done);
};
