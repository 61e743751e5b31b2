import type { LogGroup } from '../log/event-log.ts';
import type { KafkaLog } from '../log/kafka-log.ts';
import { LogTail } from '../log/log-tail.ts';
import { SqliteLog } from '../log/sqlite-log.ts';
import { logPathOf } from '../state/data-dir.ts';
import type { Config } from './config-schema.ts';
import { isOnKafka } from './kafka.ts';
import { openLog } from './open-log.ts';

/** The log behind the writer, as the stream looks through it. */
export interface StreamLog {
  /**
   * Groups from these offsets on, one a partition, as far as they are there already. Those that hold such an offset are given
   * whole, and what comes before it is not asked for again.
   */
  read(from: readonly number[]): AsyncIterable<LogGroup>;
  /** Where each partition stands once what is not there is passed over. */
  passed(from: readonly number[]): number[];
  close(): Promise<void>;
}

/**
 * The log that the configuration names.
 * @param from where nothing was looked at yet, one a partition
 * @param failed told where it can no longer be followed
 */
export const openStreamLog = async (
  config: Config,
  from: readonly number[],
  failed: (error: Error) => void,
): Promise<StreamLog> => {
  const path = logPathOf(config.dataDir);
  if (!isOnKafka(config)) return embedded(path);
  const log = (await openLog(config, path, 'follower')) as KafkaLog;
  const tail = await LogTail.open(log, from, failed);
  return {
    read: (offsets) => tail.read(offsets),
    passed: (offsets) => tail.passed(offsets),
    async close() {
      await tail.close();
      await log.close();
    },
  };
};

/** Opened anew for each look: it may be rewritten meanwhile. */
const embedded = (path: string): StreamLog => ({
  async *read(from) {
    const log = SqliteLog.openReadOnly(path);
    try {
      yield* log.read(from);
    } finally {
      await log.close();
    }
  },
  passed: (from) => [...from],
  close: () => Promise.resolve(),
});
