import type { MarketFile } from './market-schema.ts';

/** Counts that the report sets beside figures from practice. */
export class Figures {
  events = 0;
  dialed = 0;
  answered = 0;
  busy = 0;
  noAnswer = 0;
  aiAnswered = 0;
  aiLeads = 0;
  smsSent = 0;
  smsResponded = 0;
  refunds = 0;
  orders = 0;
  /** By source: those who joined without an order long enough ago, and those of them who bought. */
  readonly prospects: number[];
  readonly converted: number[];
  /** Events by hour since 1970, for the greatest rate. */
  readonly byHour = new Map<number, number>();

  constructor(file: MarketFile) {
    this.prospects = file.people.sources.map(() => 0);
    this.converted = file.people.sources.map(() => 0);
  }

  count(timeMs: number): void {
    this.events++;
    void timeMs;
  }
}
