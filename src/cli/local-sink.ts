import type { Config } from '../app/config-schema.ts';
import type { LocalState } from '../app/local-state.ts';
import { wallClock } from '../base/clock.ts';
import { LIMITS } from '../base/limits.ts';
import { RecordWriter } from '../events/record.ts';
import { EVENT_RESULT } from '../state/writer.ts';
import type { CommandIo } from './command.ts';
import { foldedState } from './folded-state.ts';
import type { ReplaySink, SubmitOutcome } from './replay-sink.ts';

/** Larger groups would not spread the cost of a sync much further. */
export const GROUP_EVENTS = 5000;

/**
 * Commits to the data directory of the configuration, which no service may use meanwhile. What its log holds is folded
 * first, so that duplicates are known.
 * @throws BeckonError DATA_DIR_LOCKED, and what the log, the pack and the directory throw
 */
export const openLocalSink = async (config: Config, io: CommandIo): Promise<ReplaySink> => {
  const state = await foldedState(config, io);
  const records = new RecordWriter();
  return {
    batchEventsMax: Math.min(GROUP_EVENTS, LIMITS.groupEventsMax),
    // One at a time: the records are packed into one buffer.
    inFlightMax: 1,
    submit(events) {
      records.reset();
      for (const event of events) records.write(event);
      return commit(state, config, records);
    },
    submitRecords: (given) => commit(state, config, given),
    close: () => state.close(),
  };
};

/** Mostly none, which is found at once. */
const countOf = (results: Uint8Array, result: number): number => {
  let count = 0;
  for (let at = results.indexOf(result); at >= 0; at = results.indexOf(result, at + 1)) count++;
  return count;
};

const commit = async ({ writer }: LocalState, config: Config, records: RecordWriter): Promise<SubmitOutcome> => {
  const [results] = await writer.commit([records.chunk()], config.clock === 'log' ? undefined : wallClock.nowMs());
  const duplicates = countOf(results, EVENT_RESULT.duplicate);
  const early = countOf(results, EVENT_RESULT.fromFuture);
  const rejected: Record<string, number> = early > 0 ? { EVENT_FROM_FUTURE: early } : {};
  return { accepted: results.length - duplicates - early, duplicates, rejected };
};
