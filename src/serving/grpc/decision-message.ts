import type { Advice, Candidate, Decision } from '../../decisions/decision.ts';
import type {
  Advice as AdviceMessage,
  Candidate as CandidateMessage,
  Decision as DecisionMessage,
} from './generated/beckon/v1/decision.ts';

/** A decision in the form of `decision.proto`. */
export const decisionMessage = (decision: Decision): DecisionMessage => {
  const { channels, ranked, call, degraded = false, decision: advice } = decision;
  return {
    decisionId: decision.decisionId,
    customerId: decision.customerId,
    known: decision.known,
    at: decision.at,
    asOf: decision.asOf,
    decision: adviceMessage(advice),
    ranked: ranked.map(candidateMessage),
    channels: channels as DecisionMessage['channels'],
    call,
    segments: decision.segments,
    suppressed: decision.suppressed as DecisionMessage['suppressed'],
    models: decision.models,
    scores: decision.scores,
    degraded,
  };
};

const adviceMessage = (advice: Advice): AdviceMessage => ({ ...advice, params: advice.params });

const candidateMessage = (candidate: Candidate): CandidateMessage => ({
  actionId: candidate.actionId,
  channel: candidate.channel,
  sendAt: candidate.sendAt,
  expectedValue: candidate.expectedValue,
  hold: candidate.hold === true,
  terms: candidate.terms,
});
