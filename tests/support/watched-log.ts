import { dedupeWindows, makeStateMemory, viewState } from '../../src/app/shared-state.ts';
import type { Event } from '../../src/events/event.ts';
import { RecordReader, RecordWriter } from '../../src/events/record.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';
import type { Pack } from '../../src/packs/pack.ts';
import { TriggerWatch } from '../../src/state/trigger-watch.ts';
import { Writer } from '../../src/state/writer.ts';

/** A trigger as the log says that it fired. */
export interface Fired {
  readonly customer: string;
  readonly name: string;
  readonly sec: number;
  readonly logTimeMs: number;
}

const SHARDS = 4;

/** A log in memory with a writer whose triggers fire, on the clock of the log. */
export class WatchedLog {
  readonly log = new MemoryLog();
  private readonly pack: Pack;
  private writer!: Writer;
  private status!: ReturnType<typeof viewState>['status'];
  private count = 0;

  constructor(pack: Pack) {
    this.pack = pack;
  }

  /** As after a start of the process: everything but the log is new. */
  async start(): Promise<void> {
    const { pack, log } = this;
    const view = viewState(pack, makeStateMemory(pack, SHARDS));
    const triggers = new TriggerWatch(pack.plan, view.tables, pack.watched);
    const dedupe = dedupeWindows(pack, view.tables);
    this.status = view.status;
    this.writer = new Writer({ log, plan: pack.plan, ...view, dedupe, triggers, stopwatchMs: () => 0 });
    await this.writer.recover();
    for (const _ of triggers.scan(Math.floor(view.status.logTimeMs / 1000)));
  }

  async add(events: readonly Pick<Event, 'type' | 'subject' | 'timeMs' | 'data'>[]): Promise<void> {
    const records = new RecordWriter();
    for (const event of events) records.write({ ...event, source: 't', id: `${this.count++}`, extensions: undefined });
    await this.writer.commit([records.chunk()], undefined);
  }

  /** Moves the clock and lets everything fire. */
  async go(timeMs: number): Promise<void> {
    this.status.tell(timeMs);
    while ((await this.writer.fire(undefined)) > 0);
  }

  /** Moves the clock, and is broken off after so many groups of firings. */
  async breakOff(timeMs: number, groups: number): Promise<void> {
    this.status.tell(timeMs);
    for (let i = 0; i < groups && (await this.writer.fire(undefined)) > 0; i++);
  }

  async fired(): Promise<Fired[]> {
    const reader = new RecordReader();
    const fired: Fired[] = [];
    for await (const { records, logTimeMs } of this.log.read([0])) {
      reader.reset(records);
      while (reader.next())
        if (reader.type() === 'trigger.fired')
          fired.push({
            customer: reader.subject(),
            name: reader.data().name as string,
            sec: reader.timeMs / 1000,
            logTimeMs,
          });
    }
    return fired;
  }
}
