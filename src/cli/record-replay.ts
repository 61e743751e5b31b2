import { EventScanner } from '../events/event-scanner.ts';
import { RecordWriter } from '../events/record.ts';
import { readLine } from './formats/cloudevents.ts';
import type { Tally } from './formats/tally.ts';
import type { TextFile } from './formats/text-file.ts';
import type { Progress } from './progress.ts';
import type { ReplaySink } from './replay-sink.ts';

const NEW_LINE = 0x0a;

interface RecordReplayPlan {
  readonly files: readonly TextFile[];
  readonly untilMs: number;
  readonly batchEventsMax: number;
  readonly submit: NonNullable<ReplaySink['submitRecords']>;
  readonly tally: Tally;
  readonly progress: Progress;
}

/** Takes the lines of CloudEvents from the files into records, without an object in between where a line is plain. */
export const replayRecords = async (plan: RecordReplayPlan): Promise<void> => {
  const { files, batchEventsMax, tally, progress } = plan;
  const lines = new LineRecords(plan.untilMs, tally);
  const submit = async (): Promise<void> => {
    if (lines.records.count === 0) return;
    tally.add(await plan.submit(lines.records));
    lines.records.reset();
  };
  for (const file of files) {
    const held = new HeldBytes();
    lines.begin(file.path);
    for await (const piece of file.pieces()) {
      held.add(piece);
      const { bytes } = held;
      let start = 0;
      for (let end = held.find(NEW_LINE, start); end >= 0; end = held.find(NEW_LINE, start)) {
        lines.take(bytes, start, end);
        start = end + 1;
        if (lines.records.count >= batchEventsMax) await submit();
      }
      held.drop(start);
      progress.update(
        files.reduce((sum, one) => sum + one.bytesRead(), 0),
        tally.eventsMade,
      );
    }
    if (held.length > 0) lines.take(held.bytes, 0, held.length);
  }
  await submit();
};

/** What was read of a file and not used yet, in one buffer that is filled again and again. */
class HeldBytes {
  bytes = Buffer.alloc(0);
  length = 0;

  add(piece: Uint8Array): void {
    const length = this.length + piece.length;
    if (length > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(length * 2);
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(piece, this.length);
    this.length = length;
  }

  /** @returns where a byte stands, from `start` on; -1 where it does not */
  find(byte: number, start: number): number {
    const at = this.bytes.indexOf(byte, start);
    return at < this.length ? at : -1;
  }

  /** Forgets the first bytes. */
  drop(bytes: number): void {
    this.bytes.copyWithin(0, bytes, this.length);
    this.length -= bytes;
  }
}

class LineRecords {
  readonly records = new RecordWriter();
  readonly #scanner = new EventScanner();
  readonly #untilMs: number;
  readonly #tally: Tally;
  #path = '';
  #line = 0;

  constructor(untilMs: number, tally: Tally) {
    this.#untilMs = untilMs;
    this.#tally = tally;
  }

  begin(path: string): void {
    this.#path = path;
    this.#line = 0;
  }

  /** A line from start to end, where a new line begins or nothing more is. */
  take(bytes: Buffer, start: number, end: number): void {
    const { records } = this;
    const tally = this.#tally;
    const number = ++this.#line;
    const mark = records.mark();
    if (this.#scanner.one(bytes, records, start, end)) tally.rowsRead++;
    else {
      const event = readLine(bytes.toString('utf8', start, end), number, this.#path, tally);
      if (event === undefined) return;
      records.write(event);
    }
    if (records.lastMs < this.#untilMs || Number.isNaN(records.lastMs)) {
      tally.eventsMade++;
      return;
    }
    records.rewind(mark);
    tally.eventsLeftOut++;
  }
}
