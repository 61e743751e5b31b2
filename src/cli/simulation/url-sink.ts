import { LIMITS } from '../../base/limits.ts';
import type { EventSink } from '../../simulation/simulate.ts';
import { serviceUrl } from '../ask-service.ts';
import { postEvents } from '../http-sink.ts';

const BODY_BYTES_MAX = LIMITS.bodyBytesMax - 1024;
/** How each line of a decision record begins: only Beckon makes such events, and a service takes them from nobody. */
const DECISION_RECORD = '{"specversion":"1.0","type":"decision.made"';

/** Posts each day's events to a service, in their order, and waits until they are durable. */
export class UrlSink implements EventSink {
  accepted = 0;
  duplicates = 0;
  readonly rejected: Record<string, number> = {};
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

  /** Whether the service took none of the events: it is the wrong one, or on the wrong clock. */
  get isRefused(): boolean {
    return this.accepted + this.duplicates === 0 && Object.keys(this.rejected).length > 0;
  }

  /** The end of what became of the events, as a sentence. */
  summary(): string {
    const refused = Object.entries(this.rejected).map(([code, count]) => `, ${count} refused as ${code}`);
    return `${this.accepted} accepted, ${this.duplicates} duplicates${refused.join('')}`;
  }

  private async post(): Promise<void> {
    const { lines } = this;
    this.lines = [];
    let from = 0;
    let bytes = 0;
    for (let i = 0; i <= lines.length; i++) {
      const size = i < lines.length ? lines[i].length + 1 : 0;
      const isFull = i - from === LIMITS.eventsPerRequestMax || bytes + size > BODY_BYTES_MAX;
      if (i > from && (isFull || i === lines.length)) {
        const outcome = await postEvents(this.target, `[${lines.slice(from, i).join(',')}]`);
        this.accepted += outcome.accepted;
        this.duplicates += outcome.duplicates;
        for (const [code, count] of Object.entries(outcome.rejected))
          this.rejected[code] = (this.rejected[code] ?? 0) + count;
        from = i;
        bytes = 0;
      }
      bytes += size;
    }
  }
}
