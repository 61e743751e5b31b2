import type { RejectedEvent } from '../events/codec.ts';
import type { Appended } from '../serving/append.ts';
import type { AppendedStream } from './beckon-client.ts';

/** Rejected events that an answer names; the rest are counted. As over gRPC. */
const REJECTED_MAX = 1000;

/** What became of the groups of a stream of events, counted over all of them. */
export class AppendTotal {
  private events = 0;
  private accepted = 0;
  private duplicates = 0;
  private rejectedCount = 0;
  private readonly rejected: RejectedEvent[] = [];

  /** @param events of the group */
  add(events: number, { accepted, duplicates, rejected }: Appended): void {
    for (const one of rejected.slice(0, REJECTED_MAX - this.rejected.length))
      this.rejected.push({ ...one, index: this.events + one.index });
    this.events += events;
    this.accepted += accepted;
    this.duplicates += duplicates;
    this.rejectedCount += rejected.length;
  }

  answer(): AppendedStream {
    const { accepted, duplicates, rejected, rejectedCount } = this;
    return { accepted, duplicates, rejected, rejectedCount };
  }
}
