import { measures } from '../base/measures.ts';
import type { KafkaClient } from './kafka-client.ts';
import {
  type DeadLetter,
  type LetterPlace,
  letterOf,
  letterRecord,
  placeOf,
  replayedPlace,
  replayedRecord,
} from './letter-records.ts';
import { TopicProducer } from './topic-producer.ts';

/** One partition: letters are few, and are read in the order in which they came. */
const PARTITIONS = 1;

/** The topic of messages that could not be applied: key, value and headers as they were, with the reason in headers. */
export class DeadLetterTopic {
  readonly #client: KafkaClient;
  readonly #topic: string;
  readonly #producer: TopicProducer;
  #isMade = false;
  /** Places of those that the topic holds, once somebody has asked. */
  #known: Promise<Set<string>> | undefined;

  constructor(client: KafkaClient, topic: string) {
    this.#client = client;
    this.#topic = topic;
    this.#producer = new TopicProducer(client, topic);
  }

  /** Resolves when all are durable. Sending some again is harmless but for their number. */
  async write(letters: readonly DeadLetter[]): Promise<void> {
    await this.#make();
    await this.#producer.send(letters.map(letterRecord));
    for (const { code } of letters) measures.deadLetter.publish({ code, events: 1 });
  }

  /** As {@link write}, but those that the topic holds already are left out: a log is read again at every start. */
  async writeNew(letters: readonly DeadLetter[]): Promise<void> {
    this.#known ??= this.#places();
    const known = await this.#known;
    const fresh = letters.filter((letter) => !known.has(placeOf(letter)));
    if (fresh.length === 0) return;
    await this.write(fresh);
    for (const letter of fresh) known.add(placeOf(letter));
  }

  /** Those that were not taken off the list, in the order in which they came; one that came twice once. */
  async list(): Promise<DeadLetter[]> {
    if ((await this.#client.topic(this.#topic)) === undefined) return [];
    const letters = new Map<string, DeadLetter>();
    await this.#read((letter, replayed) => {
      if (letter !== undefined) letters.set(placeOf(letter), letter);
      if (replayed !== undefined) letters.delete(replayed);
    });
    return [...letters.values()];
  }

  /** Takes a letter off the list; the record itself stays as long as the topic keeps it. */
  async remove(place: LetterPlace): Promise<void> {
    await this.#producer.send([replayedRecord(place)]);
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
    await this.#read((letter) => {
      if (letter !== undefined) known.add(placeOf(letter));
    });
    return known;
  }

  /** Reads what the topic holds now. */
  async #read(visit: (letter: DeadLetter | undefined, replayed: string | undefined) => void): Promise<void> {
    const { starts, ends } = await this.#client.bounds(this.#topic);
    const left = new Set([...ends.keys()].filter((partition) => starts[partition] < ends[partition]));
    if (left.size === 0) return;
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
        record: (_offset, _timestampMs, key, value, headers) => {
          const said = headers();
          visit(letterOf(key, value, said), replayedPlace(said));
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
  }
}
