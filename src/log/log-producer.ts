import { BeckonError } from '../base/errors.ts';
import type { KafkaClient, OutgoingRecord } from './kafka-client.ts';
import { guarded } from './kafka-topic.ts';
import type { AppendedRun } from './shared-log.ts';

/**
 * Bytes of one partition in one request: a broker takes 1 MiB (`message.max.bytes`) unless told otherwise, with the header
 * of the batch and of each record.
 */
const PARTITION_BYTES_MAX = 800_000;
const RECORD_OVERHEAD_BYTES = 128;

/** A broker that is frozen answers nothing: whoever waits is told by then that it may be sent again. */
const PRODUCE_MS_MAX = 5000;

/** Records of one partition that go out together. */
interface Run {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  readonly done: PromiseWithResolvers<AppendedRun>;
}

/**
 * Appends to a topic with one request under way: what comes meanwhile is the next one. So the order of a partition is the
 * order in which its records came, and a request is larger the more there is to do.
 */
export class LogProducer {
  readonly #client: KafkaClient;
  readonly #topic: string;
  #waiting: Run[] = [];
  #isSending = false;
  #isClosed = false;

  constructor(client: KafkaClient, topic: string) {
    this.#client = client;
    this.#topic = topic;
  }

  /**
   * Resolves when all are durable. Records of one partition follow each other within a run.
   * @throws BeckonError LOG_UNAVAILABLE: some of the records may be in the log
   */
  async send(records: readonly OutgoingRecord[]): Promise<AppendedRun[]> {
    if (this.#isClosed) throw closed();
    const runs = runsOf(records);
    this.#waiting.push(...runs);
    if (!this.#isSending) {
      this.#isSending = true;
      queueMicrotask(() => void this.#sendAll());
    }
    return Promise.all(runs.map(({ done }) => done.promise));
  }

  close(): void {
    this.#isClosed = true;
    for (const { done } of this.#waiting.splice(0)) done.reject(closed());
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#send(this.#takeRequest());
    this.#isSending = false;
  }

  /** What waits, in its order, as far as no partition gets too much. */
  #takeRequest(): Run[] {
    const bytes = new Map<number, number>();
    const taken: Run[] = [];
    const left: Run[] = [];
    for (const run of this.#waiting) {
      const { partition } = run.records[0];
      const before = bytes.get(partition) ?? 0;
      bytes.set(partition, before + run.bytes);
      // Once one has to wait, all behind it in its partition do.
      (before === 0 || before + run.bytes <= PARTITION_BYTES_MAX ? taken : left).push(run);
    }
    this.#waiting = left;
    return taken;
  }

  async #send(request: readonly Run[]): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('no answer in time')), PRODUCE_MS_MAX);
    try {
      const records = request.flatMap(({ records }) => records);
      const next = new Map(
        await guarded(this.#topic, () => Promise.race([this.#client.produce(this.#topic, records), late])),
      );
      for (const { records, done } of request) {
        const { partition } = records[0];
        const count = records.length;
        const firstOffset = next.get(partition) as number;
        next.set(partition, firstOffset + count);
        done.resolve({ partition, firstOffset, count });
      }
    } catch (error) {
      for (const { done } of request) done.reject(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

const closed = (): BeckonError => new BeckonError('LOG_UNAVAILABLE', 'The log is closed.');

interface OpenRun extends Run {
  readonly partition: number;
  readonly records: OutgoingRecord[];
  bytes: number;
}

/** Records by partition, in their order, each run as large as one request may carry. */
const runsOf = (records: readonly OutgoingRecord[]): Run[] => {
  const runs: Run[] = [];
  const open = new Map<number, OpenRun>();
  let last: OpenRun | undefined;
  for (const record of records) {
    const bytes = bytesOf(record);
    // Records of one partition mostly come one after another.
    let run = last?.partition === record.partition ? last : open.get(record.partition);
    if (run === undefined || run.bytes + bytes > PARTITION_BYTES_MAX) {
      run = { partition: record.partition, records: [], bytes: 0, done: Promise.withResolvers<AppendedRun>() };
      open.set(record.partition, run);
      runs.push(run);
    }
    run.records.push(record);
    run.bytes += bytes;
    last = run;
  }
  return runs;
};

const bytesOf = ({ key, value, headers }: OutgoingRecord): number => {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, text] of headers) bytes += name.length + (text?.length ?? 0);
  return bytes;
};
