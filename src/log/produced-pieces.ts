import type { KafkaClient, OutgoingRecord } from './kafka-client.ts';

/** A request stays below what a broker takes. */
const REQUEST_BYTES_MAX = 800_000;
const RECORD_OVERHEAD_BYTES = 100;

/**
 * Produces records in their order, in requests that a broker takes. Resolves when all are durable.
 * @throws whatever the client does: the first records may be durable
 */
export const produceInPieces = async (
  client: KafkaClient,
  topic: string,
  records: readonly OutgoingRecord[],
): Promise<void> => {
  for (let from = 0; from < records.length; ) {
    let bytes = 0;
    let to = from;
    while (to < records.length && (to === from || bytes + sizeOf(records[to]) <= REQUEST_BYTES_MAX))
      bytes += sizeOf(records[to++]);
    await client.produce(topic, records.slice(from, to));
    from = to;
  }
};

const sizeOf = ({ key, value, headers }: OutgoingRecord): number =>
  headers.reduce(
    (sum, [name, bytes]) => sum + name.length + (bytes?.length ?? 0),
    RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0),
  );
