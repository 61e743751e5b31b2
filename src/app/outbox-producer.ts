import { DecisionTopic } from '../log/decision-topic.ts';
import type { KafkaClient } from '../log/kafka-client.ts';
import type { Outbox } from '../state/outbox.ts';
import { OutboxReader } from '../state/outbox-reader.ts';

/** Messages of one turn. */
const PAGE = 500;
/** After a request that failed; what waits is in the outbox. */
const RETRY_MS = 500;

/** Brings the messages of an outbox into a topic, each at least once. */
export class OutboxProducer {
  private readonly topic: DecisionTopic;
  private readonly outbox: Outbox;
  private readonly messages: OutboxReader;
  /** Of a monotonic clock: not before that. */
  private againMs = 0;

  constructor(client: KafkaClient, topic: string, outbox: Outbox, outboxPath: string) {
    this.topic = new DecisionTopic(client, topic);
    this.outbox = outbox;
    this.messages = new OutboxReader(outboxPath);
  }

  /** Produces what waits, some at a time. @returns whether more may wait */
  async step(): Promise<boolean> {
    if (performance.now() < this.againMs) return false;
    const { trimmed } = this.messages.bounds();
    // Behind by more than is kept: the topic lacks what nobody has any more.
    const page = this.messages.after(Math.max(this.outbox.produced, trimmed), PAGE);
    if (page.messages.length === 0) return false;
    try {
      await this.topic.write(page.messages);
    } catch {
      this.againMs = performance.now() + RETRY_MS;
      return false;
    }
    this.outbox.markProduced(page.next);
    return page.more;
  }

  close(): void {
    this.messages.close();
  }
}
