import type { Config } from '../app/config-schema.ts';
import { isOnKafka, openKafkaClient } from '../app/kafka.ts';
import { formatTime } from '../base/clock.ts';
import { toCloudEvent } from '../events/codec.ts';
import type { Event } from '../events/event.ts';
import { MessageReader } from '../events/message.ts';
import { RecordReader, RecordWriter } from '../events/record.ts';
import { DeadLetterTopic } from '../log/dead-letter-topic.ts';
import { guarded } from '../log/kafka-topic.ts';
import { placeOf, type DeadLetter as TopicLetter } from '../log/letter-records.ts';
import { deadLettersPathOf, readMeta } from '../state/data-dir.ts';
import { type DeadLetter, DeadLetters } from '../state/dead-letters.ts';

/** Something that was set aside, wherever it is kept. */
export interface Letter {
  /** By which a command names it: an offset of the embedded log, or `TOPIC/PARTITION/OFFSET`. */
  readonly name: string;
  readonly facts: Readonly<Record<string, unknown>> & {
    readonly time: string;
    readonly code: string;
    readonly reason: string;
    readonly type: string | undefined;
  };
  /** Undefined where it can be read as none. */
  readonly event: Event | undefined;
  /** All that is there of it, bytes in base64. */
  readonly bytes: Readonly<Record<string, unknown>>;
  /** Takes it off the list. */
  remove(): Promise<void>;
}

export interface LetterBoxes {
  /** In the order in which they were set aside, those of a topic last. */
  list(): Promise<Letter[]>;
  close(): Promise<void>;
}

/**
 * What was set aside in a data directory and, with the log on Kafka, in its topic.
 * @throws BeckonError LOG_UNAVAILABLE
 */
export const openLetterBoxes = async (config: Config): Promise<LetterBoxes> => {
  const { dataDir, kafkaLogTopic, kafkaDeadLetterTopic: topic } = config;
  const box = readMeta(dataDir) === undefined ? undefined : new DeadLetters(deadLettersPathOf(dataDir));
  const client = isOnKafka(config) ? await openKafkaClient(config) : undefined;
  const ofTopic = client && new DeadLetterTopic(client, topic);
  return {
    async list() {
      const logTopic = client && kafkaLogTopic;
      const own = (box?.list() ?? []).map((letter) => ownLetter(box as DeadLetters, letter, logTopic));
      if (ofTopic === undefined) return own;
      const letters = await guarded(topic, () => ofTopic.list());
      return [...own, ...letters.map((letter) => topicLetter(ofTopic, letter))];
    },
    async close() {
      box?.close();
      await client?.close();
    },
  };
};

/** A record of the log that could not be applied. @param topic of a log on Kafka */
const ownLetter = (box: DeadLetters, letter: DeadLetter, topic: string | undefined): Letter => {
  const { offset, partition, logTimeMs, code, reason, record } = letter;
  const event = eventOf(record);
  const place = topic === undefined ? { offset, partition } : { offset, partition, topic };
  return {
    name: topic === undefined ? String(offset) : placeOf({ topic, partition, offset }),
    facts: { ...place, time: formatTime(logTimeMs), type: event?.type, code, reason },
    event,
    bytes: { record: base64(record) },
    remove: async () => box.remove(letter),
  };
};

/** A message that is no event that could be applied. */
const topicLetter = (box: DeadLetterTopic, letter: TopicLetter): Letter => {
  const { topic, partition, offset, timestampMs, code, message: reason, key, value, headers } = letter;
  const records = new RecordWriter();
  const isEvent = new MessageReader('outside').read(value, () => headers, records) === undefined;
  const event = isEvent ? eventOf(records.bytes()) : undefined;
  return {
    name: placeOf(letter),
    facts: { offset, partition, topic, time: formatTime(timestampMs), type: event?.type, code, reason },
    event,
    bytes: {
      key: key && base64(key),
      value: value && base64(value),
      headers: headers.map(([name, bytes]) => [name, bytes && base64(bytes)]),
    },
    remove: () => box.remove(letter),
  };
};

/** A letter whole, with its event as it came. */
export const shownLetter = ({ facts, event, bytes }: Letter): Record<string, unknown> => ({
  ...facts,
  ...(event === undefined ? {} : { event: toCloudEvent(event) }),
  ...bytes,
});

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Undefined where the bytes are no event. */
const eventOf = (record: Uint8Array): Event | undefined => {
  try {
    const reader = new RecordReader(record);
    reader.next();
    return reader.event();
  } catch {
    return undefined;
  }
};
