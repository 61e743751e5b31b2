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

/** An action with its worth; *hold* is one, worth 0. */
export interface Candidate {
  readonly actionId: string;
  readonly expectedValue: number;
  readonly hold: boolean;
}

/** The advice for one customer at one time, in the form in which it leaves the service. */
export interface Decision {
  readonly decisionId: string;
  readonly customerId: string;
  readonly known: boolean;
  readonly at: string;
  readonly asOf: { readonly offset: number; readonly lagMs: number };
  readonly decision: Candidate & { readonly selectionProbability: number };
  readonly ranked: readonly Candidate[];
  readonly channels: readonly never[];
  readonly segments: Readonly<Record<string, string>>;
  readonly suppressed: readonly never[];
  /** `name@version` of the model behind each head. */
  readonly models: Readonly<Record<string, string>>;
  /** Outputs of the heads, 4 digits; one whose head failed is absent. */
  readonly scores: Readonly<Record<string, number>>;
  readonly reasons: readonly never[];
  /** True where a head failed, and the answer does without it. */
  readonly degraded?: true;
}

export const HOLD: Candidate = { actionId: 'hold', expectedValue: 0, hold: true };
