import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import { BeckonError, type ErrorCode } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Event } from '../../events/event.ts';
import { EventScanner } from '../../events/event-scanner.ts';
import { type Chunk, RecordWriter } from '../../events/record.ts';
import type { EventSink, EventsDone } from '../../serving/parts.ts';
import type { Status } from '../../state/status.ts';

/** The writer's word on a chunk: a result an event, or why there is none. */
export interface ChunkReply {
  readonly results?: Uint8Array;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

interface Submission {
  readonly done: EventsDone;
  /** Position of its first event in the chunk. */
  readonly from: number;
}

const NO_RESULTS = new Uint8Array(0);

const overloaded = (): BeckonError =>
  new BeckonError('OVERLOADED', 'too many events wait to be written; send again later');

/**
 * Sends the events of one turn of a serving thread's loop to the writer as one chunk. Replies come in the order of the
 * chunks.
 */
export class WriterClient implements EventSink {
  private readonly port: MessagePort;
  private readonly status: Status;
  private readonly clock: Clock;
  private readonly records = new RecordWriter();
  private readonly scanner = new EventScanner();
  private submissions: Submission[] = [];
  private readonly sent: Submission[][] = [];

  constructor(port: MessagePort, status: Status, clock: Clock) {
    this.port = port;
    this.status = status;
    this.clock = clock;
    port.on('message', (reply: ChunkReply) => this.receive(reply));
  }

  submit(events: readonly Event[], done: EventsDone): void {
    const { records } = this;
    if (this.status.pendingEvents + events.length > LIMITS.pendingEventsMax) {
      done(overloaded(), NO_RESULTS, 0);
      return;
    }
    const from = records.count;
    for (const event of events) records.write(event);
    this.expect(from, done);
  }

  submitPlain(body: Uint8Array, isBatch: boolean, done: EventsDone): number {
    const { records, scanner } = this;
    const mark = records.mark();
    const from = records.count;
    const count = isBatch ? scanner.batch(body, records) : Number(scanner.one(body, records));
    if (count === 0) return 0;
    if (this.status.pendingEvents + count > LIMITS.pendingEventsMax) {
      records.rewind(mark);
      setImmediate(done, overloaded(), NO_RESULTS, 0);
    } else {
      this.expect(from, done);
    }
    return count;
  }

  /** The records from `from` on are those of one submission. */
  private expect(from: number, done: EventsDone): void {
    const { records, submissions } = this;
    if (submissions.length === 0) setImmediate(this.flush);
    submissions.push({ done, from });
    this.status.addPending(records.count - from, this.clock.nowMs());
    // A chunk that is no larger than a group is never split.
    if (records.count >= LIMITS.groupEventsMax) this.flush();
  }

  private readonly flush = (): void => {
    const { records } = this;
    if (this.submissions.length === 0) return;
    // A copy of just these bytes: a Buffer's own `slice` is a view, and sending it would take the writer's buffer away.
    const bytes = new Uint8Array(records.bytes());
    const chunk: Chunk = { ...records.chunk(), records: bytes };
    this.sent.push(this.submissions);
    this.submissions = [];
    records.reset();
    this.port.postMessage(chunk, [bytes.buffer]);
  };

  private receive({ results = NO_RESULTS, error }: ChunkReply): void {
    const failure = error === undefined ? undefined : new BeckonError(error.code, error.message);
    for (const { done, from } of this.sent.shift() as Submission[]) done(failure, results, from);
  }
}
