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
/** Of all partitions: the objects of a larger request live so long that V8 copies them again and again. */
const REQUEST_BYTES_MAX = 1_000_000;
/** One is written by the broker while the next is made. */
const UNDER_WAY_MAX = 2;

/** A broker that is frozen answers nothing: whoever waits is told by then that it may be sent again. */
const PRODUCE_MS_MAX = 5000;

/** Records of one partition that go out together. */
interface Run {
  readonly partition: number;
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  readonly done: PromiseWithResolvers<AppendedRun>;
  /** Came in the same call for the same partition, and is not to be kept where this is not. */
  readonly rest: Run | undefined;
}

/**
 * Appends to a topic with one request under way for a partition, and two in all: what comes meanwhile is the next one. So
 * the order of a partition is the order in which its records came, and a request is larger the more there is to do.
 */
export class TopicProducer {
  readonly #client: KafkaClient;
  readonly #topic: string;
  #waiting: Run[] = [];
  /** Partitions of the requests under way. */
  readonly #busy = new Set<number>();
  #underWay = 0;
  #isAsked = false;
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
    if (!this.#isAsked) {
      this.#isAsked = true;
      queueMicrotask(() => {
        this.#isAsked = false;
        this.#sendWaiting();
      });
    }
    return Promise.all(runs.map(({ done }) => done.promise));
  }

  close(): void {
    this.#isClosed = true;
    for (const { done } of this.#waiting.splice(0)) done.reject(closed());
  }

  #sendWaiting(): void {
    while (this.#underWay < UNDER_WAY_MAX) {
      const request = this.#takeRequest();
      if (request.length === 0) return;
      void this.#send(request);
    }
  }

  /** What waits and may go, in its order. */
  #takeRequest(): Run[] {
    const waiting = this.#waiting;
    // Once one has to wait, all behind it in its partition do.
    const held = new Set(this.#busy);
    const bytes = new Map<number, number>();
    const taken: Run[] = [];
    const left: Run[] = [];
    let total = 0;
    let looked = 0;
    for (; looked < waiting.length && total < REQUEST_BYTES_MAX; looked++) {
      const run = waiting[looked];
      const before = bytes.get(run.partition) ?? 0;
      if (before > 0 && before + run.bytes > PARTITION_BYTES_MAX) held.add(run.partition);
      if (held.has(run.partition)) {
        left.push(run);
        continue;
      }
      taken.push(run);
      bytes.set(run.partition, before + run.bytes);
      total += run.bytes;
    }
    this.#waiting = [...left, ...waiting.slice(looked)];
    return taken;
  }

  async #send(request: readonly Run[]): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('no answer in time')), PRODUCE_MS_MAX);
    const partitions = new Set(request.map(({ partition }) => partition));
    for (const partition of partitions) this.#busy.add(partition);
    this.#underWay++;
    try {
      const records = request.flatMap(({ records }) => records);
      const next = new Map(
        await guarded(this.#topic, () => Promise.race([this.#client.produce(this.#topic, records), late])),
      );
      for (const { partition, records, done } of request) {
        const count = records.length;
        const firstOffset = next.get(partition) as number;
        next.set(partition, firstOffset + count);
        done.resolve({ partition, firstOffset, count });
      }
    } catch (error) {
      this.#fail(request, error);
    } finally {
      clearTimeout(timer);
      for (const partition of partitions) this.#busy.delete(partition);
      this.#underWay--;
      this.#sendWaiting();
    }
  }

  /** Whoever sends all of a call again must not find its end before its beginning. */
  #fail(request: readonly Run[], error: unknown): void {
    const failed = new Set<Run>();
    for (const run of request)
      for (let part: Run | undefined = run; part !== undefined; part = part.rest) failed.add(part);
    this.#waiting = this.#waiting.filter((run) => !failed.has(run));
    for (const { done } of failed) done.reject(error);
  }
}

const closed = (): BeckonError => new BeckonError('LOG_UNAVAILABLE', 'The log is closed.');

interface OpenRun extends Run {
  readonly records: OutgoingRecord[];
  bytes: number;
  rest: Run | undefined;
}

/** Records by partition, in their order, each run as large as one request may carry. */
const runsOf = (records: readonly OutgoingRecord[]): Run[] => {
  const runs: Run[] = [];
  const open = new Map<number, OpenRun>();
  let run: OpenRun | undefined;
  for (const record of records) {
    const { partition } = record;
    const bytes = bytesOf(record);
    // Records of one partition mostly come one after another.
    if (run?.partition !== partition) run = open.get(partition);
    if (run === undefined || run.bytes + bytes > PARTITION_BYTES_MAX) {
      const before = run;
      run = { partition, records: [], bytes: 0, done: Promise.withResolvers<AppendedRun>(), rest: undefined };
      if (before !== undefined) before.rest = run;
      open.set(partition, run);
      runs.push(run);
    }
    run.records.push(record);
    run.bytes += bytes;
  }
  return runs;
};

const bytesOf = ({ key, value, headers }: OutgoingRecord): number => {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, text] of headers) bytes += name.length + (text?.length ?? 0);
  return bytes;
};
