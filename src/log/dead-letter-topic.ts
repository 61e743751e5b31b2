import { formatTime } from '../base/clock.ts';
import { measures } from '../base/measures.ts';
import type { EventProblem } from '../events/payload.ts';
import type { KafkaClient, OutgoingRecord, SourceRecord } from './kafka-client.ts';

/** A message that could not be applied, and where it stands. */
export interface DeadLetter extends EventProblem, SourceRecord {
  readonly topic: string;
  readonly partition: number;
}

const PREFIX = 'beckon-error-';
/** One partition: letters are few, and are read in the order in which they came. */
const PARTITIONS = 1;
/** A request stays below what a broker takes. */
const REQUEST_BYTES_MAX = 800_000;

const placeOf = (topic: string, partition: number, offset: number): string => `${offset} ${partition} ${topic}`;

/** The topic of messages that could not be applied: key, value and headers as they were, with the reason in headers. */
export class DeadLetterTopic {
  readonly #client: KafkaClient;
  readonly #topic: string;
  #isMade = false;
  /** Places of those that the topic holds, once somebody has asked. */
  #known: Promise<Set<string>> | undefined;

  constructor(client: KafkaClient, topic: string) {
    this.#client = client;
    this.#topic = topic;
  }

  /** Resolves when all are durable. Sending some again is harmless but for their number. */
  async write(letters: readonly DeadLetter[]): Promise<void> {
    await this.#make();
    const records = letters.map(recordOf);
    for (let from = 0; from < records.length; ) {
      let bytes = 0;
      let to = from;
      while (to < records.length && (to === from || bytes + sizeOf(records[to]) <= REQUEST_BYTES_MAX))
        bytes += sizeOf(records[to++]);
      await this.#client.produce(this.#topic, records.slice(from, to));
      from = to;
    }
    for (const { code } of letters) measures.deadLetter.publish({ code, events: 1 });
  }

  /** As {@link write}, but those that the topic holds already are left out: a log is read again at every start. */
  async writeNew(letters: readonly DeadLetter[]): Promise<void> {
    this.#known ??= this.#places();
    const known = await this.#known;
    const fresh = letters.filter(({ topic, partition, offset }) => !known.has(placeOf(topic, partition, offset)));
    if (fresh.length === 0) return;
    await this.write(fresh);
    for (const { topic, partition, offset } of fresh) known.add(placeOf(topic, partition, offset));
  }

  async #make(): Promise<void> {
    if (this.#isMade) return;
    if ((await this.#client.topic(this.#topic)) === undefined)
      await this.#client.createTopic(this.#topic, PARTITIONS, { 'retention.ms': '-1' });
    this.#isMade = true;
  }

  async #places(): Promise<Set<string>> {
    const known = new Set<string>();
    await this.#make();
    const { starts, ends } = await this.#client.bounds(this.#topic);
    const left = new Set([...ends.keys()].filter((partition) => starts[partition] < ends[partition]));
    if (left.size === 0) return known;
    const done = Promise.withResolvers<void>();
    let partition = 0;
    const following = await this.#client.follow({
      topic: this.#topic,
      from: starts,
      reached: () => {},
      sink: {
        begin: (number) => {
          partition = number;
        },
        record: (_offset, _timestampMs, _key, _value, headers) => {
          const said = new Map(headers());
          const told = (name: string): string => said.get(PREFIX + name)?.toString() ?? '';
          known.add(placeOf(told('topic'), Number(told('partition')), Number(told('offset'))));
        },
        end: (nextOffset) => {
          if (nextOffset >= ends[partition]) left.delete(partition);
          if (left.size === 0) done.resolve();
          return undefined;
        },
      },
    });
    await Promise.race([done.promise, following.ended]);
    await following.close();
    return known;
  }
}

const recordOf = (letter: DeadLetter): OutgoingRecord => {
  const { key, value, headers, code, message, topic, partition, offset, timestampMs } = letter;
  const said = { code, reason: message, topic, partition, offset, time: formatTime(timestampMs) };
  return {
    partition: 0,
    key,
    value,
    headers: [
      ...headers,
      ...Object.entries(said).map(([name, text]) => [PREFIX + name, Buffer.from(String(text))] as const),
    ],
  };
};

const sizeOf = ({ key, value, headers }: OutgoingRecord): number =>
  (key?.length ?? 0) +
  (value?.length ?? 0) +
  headers.reduce((sum, [name, bytes]) => sum + name.length + (bytes?.length ?? 0), 100);
