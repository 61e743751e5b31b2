import type { Decision } from '../../decisions/decision.ts';

/** How far the market has come. */
export interface MarketDay {
  /** Of its decisions, from 1. */
  readonly day: number;
  readonly days: number;
  /** Morning of the day, ms since the epoch. */
  readonly startMs: number;
  /** Events that the service has made durable so far, and a second lately. */
  readonly events: number;
  readonly eventsPerSec: number;
  /** What the questions of this morning took, for each customer asked about, µs. */
  readonly decisionUs: number;
}

/** Somebody who shows decisions as they are made. */
export interface Show {
  /** A morning begins: these were asked about and will be shown one after another. */
  begin(day: MarketDay, decisions: readonly Decision[]): void;
  decision(decision: Decision): void;
  end(): void;
}
