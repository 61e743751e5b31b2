import { shardOf } from '../base/hash.ts';
import { headersOf } from '../events/cause.ts';
import type { MessageHeaders } from '../events/message.ts';
import type { KafkaClient, OutgoingRecord } from './kafka-client.ts';
import { TopicProducer } from './topic-producer.ts';

/** A message of the stream. */
export interface StreamMessage {
  readonly type: string;
  /** JSON, with `decisionId`, `customerId`, `at` and, of a trigger, `name`. */
  readonly text: string;
  /** Of what caused it, as text; null for none. */
  readonly headers: string | null;
}

/** As made by Beckon: a week to read it in, because who is erased stays in it until then. */
const PARTITIONS = 16;
const SETTINGS = { 'retention.ms': String(7 * 24 * 3600 * 1000) };

/**
 * The topic of decisions that have changed and triggers that have fired: CloudEvents in the binary mode, keyed by the
 * customer, so that each customer's stay in order. The value is the message as the stream has it; beside the event's own
 * headers stand those of what caused it.
 */
export class DecisionTopic {
  readonly #client: KafkaClient;
  readonly #topic: string;
  readonly #producer: TopicProducer;
  #partitions = 0;

  constructor(client: KafkaClient, topic: string) {
    this.#client = client;
    this.#topic = topic;
    this.#producer = new TopicProducer(client, topic);
  }

  /** Resolves when all are durable. Some that are sent again have the ids that they had. */
  async write(messages: readonly StreamMessage[]): Promise<void> {
    if (this.#partitions === 0) this.#partitions = await this.#made();
    await this.#producer.send(messages.map((message) => recordOf(message, this.#partitions)));
  }

  async #made(): Promise<number> {
    const known = await this.#client.topic(this.#topic);
    if (known === undefined) await this.#client.createTopic(this.#topic, PARTITIONS, SETTINGS);
    // Every leader answers: one of a new topic that is not there yet would have the parts of the others sent again, too.
    return (await this.#client.bounds(this.#topic)).ends.length;
  }
}

const recordOf = ({ type, text, headers: ofCause }: StreamMessage, partitions: number): OutgoingRecord => {
  const { decisionId, customerId, at, name } = JSON.parse(text) as Readonly<Record<string, string>>;
  const key = Buffer.from(customerId);
  const attributes = {
    ce_specversion: '1.0',
    ce_type: type,
    ce_source: 'beckon',
    ce_id: name === undefined ? decisionId : `${decisionId}/${name}`,
    ce_subject: customerId,
    ce_time: at,
    'content-type': 'application/json',
  };
  const own: MessageHeaders = Object.entries(attributes).map(([header, value]) => [header, Buffer.from(value)]);
  const headers = ofCause === null ? own : [...own, ...headersOf(ofCause)];
  return { partition: shardOf(key, 0, key.length, partitions), key, value: Buffer.from(text), headers };
};
