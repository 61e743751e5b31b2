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
    let rest: Uint8Array = new Uint8Array(0);
    lines.begin(file.path);
    for await (const piece of file.pieces()) {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      let start = 0;
      for (let end = bytes.indexOf(NEW_LINE); end >= 0; end = bytes.indexOf(NEW_LINE, start)) {
        lines.take(bytes.subarray(start, end));
        start = end + 1;
        if (lines.records.count >= batchEventsMax) await submit();
      }
      rest = bytes.subarray(start);
      progress.update(
        files.reduce((sum, one) => sum + one.bytesRead(), 0),
        tally.eventsMade,
      );
    }
    if (rest.length > 0) lines.take(rest);
  }
  await submit();
};

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

  take(line: Uint8Array): void {
    const { records } = this;
    const tally = this.#tally;
    const number = ++this.#line;
    const mark = records.mark();
    if (this.#scanner.one(line, records)) tally.rowsRead++;
    else {
      const event = readLine(
        Buffer.from(line.buffer, line.byteOffset, line.length).toString(),
        number,
        this.#path,
        tally,
      );
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
