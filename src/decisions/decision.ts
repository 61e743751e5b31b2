import { HOLD_ID } from '../packs/actions.ts';

/** What is asked about one customer. */
export interface ScoreRequest {
  readonly customerId: string;
  readonly campaignId?: string;
  readonly context?: Readonly<Record<string, string | number | boolean>>;
  readonly channels?: readonly string[];
  readonly actions?: readonly string[];
  readonly limit?: number;
  readonly explain?: boolean;
  /** The time asked for, ms since the epoch; undefined for now. */
  readonly atMs: number | undefined;
}

/** The same question about many customers. */
export interface BatchRequest extends Omit<ScoreRequest, 'customerId' | 'explain'> {
  readonly customerIds: readonly string[];
}

/** What the worth of a candidate is made of: probabilities, and money of the pack. */
export interface Terms {
  readonly reach: number;
  /** The response that the contact causes. */
  readonly respond: number;
  readonly value: number;
  readonly discount: number;
  readonly lever: number;
  readonly cost: number;
  readonly fatigue: number;
  readonly budget: number;
}

/**
 * An action over a channel at a time with its worth, `reach × (respond × value - discount) × lever - cost - fatigue -
 * budget`; *hold* is one, worth 0.
 */
export interface Candidate {
  readonly actionId: string;
  readonly channel?: string;
  readonly sendAt?: string;
  readonly expectedValue: number;
  readonly hold?: true;
  readonly terms?: Terms;
}

/** The candidate that is advised, with what is needed to send it. */
export interface Advice {
  readonly actionId: string;
  readonly channel?: string;
  readonly sendAt?: string;
  readonly expiresAt?: string;
  readonly expectedValue: number;
  readonly selectionProbability: number;
  readonly hold: boolean;
  readonly campaignId?: string;
  readonly address?: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

export interface ChannelAnswer {
  readonly channel: string;
  /** P(reached) at the channel's best hour. */
  readonly propensity?: number;
  readonly allowed: boolean;
  /** Why not. */
  readonly rule?: string;
}

export interface CallAnswer {
  /** P(answered and converted). */
  readonly propensity: number;
  readonly answer: number;
  readonly convert: number;
  readonly expectedValue: number;
  /** Hour of the business in which a call is worth most, and whether that is now, and worth it. */
  readonly bestHour: number;
  readonly callNow: boolean;
}

/** The best candidate that a rule dropped on a channel. */
export interface Suppression {
  readonly actionId: string;
  readonly channel: string;
  readonly rule: string;
}

/** The advice for one customer at one time, in the form in which it leaves the service. */
export interface Decision {
  readonly decisionId: string;
  readonly customerId: string;
  readonly known: boolean;
  readonly at: string;
  readonly asOf: { readonly offset: number; readonly lagMs: number };
  readonly decision: Advice;
  readonly ranked: readonly Candidate[];
  readonly channels: readonly ChannelAnswer[];
  /** Absent where no head knows. */
  readonly call?: CallAnswer;
  readonly segments: Readonly<Record<string, string>>;
  readonly suppressed: readonly Suppression[];
  /** `name@version` of the model behind each head. */
  readonly models: Readonly<Record<string, string>>;
  /** Outputs of the heads that are not shown elsewhere, 4 digits; one whose head failed is absent. */
  readonly scores: Readonly<Record<string, number>>;
  readonly reasons: readonly never[];
  /** True where a head failed, and the answer does without it. */
  readonly degraded?: true;
}

export const HOLD: Candidate = { actionId: HOLD_ID, expectedValue: 0, hold: true };

/** 4 digits: of probabilities, and of money. */
export const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;
