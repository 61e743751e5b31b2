import type { LocalState } from '../../app/local-state.ts';
import { type StateFacts, stateFacts } from '../../app/state-facts.ts';
import { BeckonError } from '../../base/errors.ts';
import type { Event } from '../../events/event.ts';
import { RecordWriter } from '../../events/record.ts';
import { isProblem, readEvent } from '../../events/validate.ts';
import type { EventSink } from '../../simulation/simulate.ts';
import type { CommandArgs, CommandIo } from '../command.ts';
import { configOf, foldedState } from '../folded-state.ts';
import { GROUP_EVENTS } from '../local-sink.ts';

/** Writes events into a new data directory, through the writer that a service has. */
export class StateSink implements EventSink {
  private readonly state: LocalState;
  private readonly records = new RecordWriter();
  private lines: string[] = [];

  /** @throws BeckonError USAGE where the directory holds events already, and as `foldedState` */
  static async open(path: string, args: CommandArgs, io: CommandIo): Promise<StateSink> {
    const values = { ...args.values, 'data-dir': path, clock: 'log' };
    const state = await foldedState(configOf({ ...args, values }, io), io);
    const [end] = state.log.ends();
    if (end === 0) return new StateSink(state);
    await state.close();
    throw new BeckonError('USAGE', `${path} holds ${end} events already; --state makes a new data directory`);
  }

  private constructor(state: LocalState) {
    this.state = state;
  }

  take(line: string): void {
    this.lines.push(line);
  }

  endDay(): Promise<void> | undefined {
    return this.lines.length < GROUP_EVENTS ? undefined : this.commit();
  }

  /** Ends the writing. @returns what `beckon inspect state` says of the directory */
  async close(): Promise<StateFacts> {
    try {
      await this.commit();
      return stateFacts(this.state.pack, this.state, this.state.cold);
    } finally {
      await this.state.close();
    }
  }

  private async commit(): Promise<void> {
    const { lines, records } = this;
    this.lines = [];
    for (let from = 0; from < lines.length; from += GROUP_EVENTS) {
      records.reset();
      for (const line of lines.slice(from, from + GROUP_EVENTS)) records.write(eventOf(line));
      await this.state.writer.commit([records.chunk()], undefined);
    }
  }
}

/** The market tells its decisions as Beckon does: whoever learns from the directory needs them. */
const eventOf = (line: string): Event => {
  const event = readEvent(JSON.parse(line), 'beckon');
  if (isProblem(event)) throw new Error(`the market made an event that is none: ${event.message}: ${line}`);
  return event;
};
