import type { Advice, Decision } from './decision.ts';

/** What a message of the stream says of a decision: enough to act; the ranking is there for the asking. */
export interface ToldDecision extends Pick<Decision, 'decisionId' | 'customerId' | 'at' | 'segments' | 'scores'> {
  /** Log offset of the customer's last event. */
  readonly offset: number;
  /** Of the decision; what it was of before is not told. */
  readonly campaignId?: string;
  readonly decision: Advice;
}

/** A message of the stream of decisions. */
export type StreamMessage = ToldDecision & {
  /** Where to go on. */
  readonly cursor: number;
} & (
    | { readonly type: 'decision.made' }
    | {
        readonly type: 'trigger.fired';
        /** Of the trigger. */
        readonly name: string;
        /** When time crossed it. */
        readonly firedAt: string;
      }
  );
