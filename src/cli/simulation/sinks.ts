import type { EventSink } from '../../simulation/simulate.ts';
import type { CommandArgs, CommandIo } from '../command.ts';
import { FileSink } from './file-sink.ts';
import type { SimulationOptions } from './options.ts';
import { StateSink } from './state-sink.ts';
import { UrlSink } from './url-sink.ts';

/** Everything that the options want events in. */
export interface Sinks {
  /** Undefined where nobody reads them. */
  readonly sink: EventSink | undefined;
  /** Whether somebody needs them in the order of time. */
  readonly isTimed: boolean;
  /** Whether a service has taken none of the events. */
  isRefused(): boolean;
  /** Ends the writing. @returns lines for the user, each with its end */
  close(): Promise<string>;
}

/** @throws BeckonError FILE_UNWRITABLE, USAGE, and what a data directory throws */
export const openSinks = async (options: SimulationOptions, args: CommandArgs, io: CommandIo): Promise<Sinks> => {
  const url = options.url === undefined ? undefined : new UrlSink(options.url);
  const state = options.state === undefined ? undefined : await StateSink.open(options.state, args, io);
  const file = options.out === undefined ? undefined : new FileSink(options.out);
  const all = [file, url, state].filter((sink) => sink !== undefined);
  return {
    sink: all.length < 2 ? all[0] : together(all),
    isTimed: url !== undefined || state !== undefined,
    isRefused: () => url?.isRefused === true,
    async close() {
      file?.close();
      const told = url === undefined ? '' : `${options.url}: ${url.summary()}\n`;
      return state === undefined ? told : `${told}${JSON.stringify(await state.close())}\n`;
    },
  };
};

const together = (sinks: readonly EventSink[]): EventSink => ({
  take(line) {
    for (const sink of sinks) sink.take(line);
  },
  endDay() {
    const ends = sinks.map((sink) => sink.endDay()).filter((end) => end !== undefined);
    return ends.length === 0 ? undefined : Promise.all(ends).then(() => undefined);
  },
});
