import type { EventSink } from '../../simulation/simulate.ts';
import { serviceUrl } from '../ask-service.ts';
import { postLines } from '../http-sink.ts';
import { type SubmitOutcome, sumOf } from '../replay-sink.ts';

/** How each line of a decision record begins: only Beckon makes such events, and a service takes them from nobody. */
const DECISION_RECORD = '{"specversion":"1.0","type":"decision.made"';

/** Posts each day's events to a service, in their order, and waits until they are durable. */
export class UrlSink implements EventSink {
  /** What became of the events so far. */
  private outcome: SubmitOutcome = { accepted: 0, duplicates: 0, rejected: {} };
  private readonly target: URL;
  private lines: string[] = [];

  /** @throws BeckonError USAGE */
  constructor(url: string) {
    this.target = serviceUrl(url, 'v1/events');
  }

  take(line: string): void {
    if (!line.startsWith(DECISION_RECORD)) this.lines.push(line);
  }

  endDay(): Promise<void> | undefined {
    return this.lines.length === 0 ? undefined : this.post();
  }

  get accepted(): number {
    return this.outcome.accepted;
  }

  /** Whether the service took none of the events: it is the wrong one, or on the wrong clock. */
  get isRefused(): boolean {
    const { accepted, duplicates, rejected } = this.outcome;
    return accepted + duplicates === 0 && Object.keys(rejected).length > 0;
  }

  /** The end of what became of the events, as a sentence. */
  summary(): string {
    const { accepted, duplicates, rejected } = this.outcome;
    const refused = Object.entries(rejected).map(([code, count]) => `, ${count} refused as ${code}`);
    return `${accepted} accepted, ${duplicates} duplicates${refused.join('')}`;
  }

  private async post(): Promise<void> {
    const { lines } = this;
    this.lines = [];
    this.outcome = sumOf(this.outcome, await postLines(this.target, lines));
  }
}
