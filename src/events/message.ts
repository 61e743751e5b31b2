import { isUtf8 } from 'node:buffer';
import { STRUCTURED, toCloudEvent } from './codec.ts';
import type { Event } from './event.ts';
import { EventScanner } from './event-scanner.ts';
import { mediaType } from './media-type.ts';
import { type EventProblem, problem } from './payload.ts';
import type { RecordWriter } from './record.ts';
import { isProblem, type Maker, readEvent } from './validate.ts';

/** Headers of a message as a broker keeps them: in order, values as bytes. */
export type MessageHeaders = readonly (readonly [name: string, value: Buffer | null])[];

const CONTENT_TYPE = 'content-type';
const PREFIX = 'ce_';
/** Of every message that Beckon writes: the structured mode of the Kafka binding of CloudEvents. */
export const STRUCTURED_HEADER: MessageHeaders[number] = [
  CONTENT_TYPE,
  Buffer.from(`${STRUCTURED}; charset=UTF-8`, 'latin1'),
];

/** Whether a header is not the event's own. */
export const isBeside = ([name]: MessageHeaders[number]): boolean =>
  !name.startsWith(PREFIX) && name.toLowerCase() !== CONTENT_TYPE;

/** The value of a message in the structured mode. */
export const messageValue = (event: Event): Buffer => Buffer.from(JSON.stringify(toCloudEvent(event)));

/** Reads CloudEvents out of messages, structured and binary, into records. */
export class MessageReader {
  readonly #scanner = new EventScanner();
  readonly #maker: Maker;

  /** @param maker `beckon` where Beckon's own events come the same way */
  constructor(maker: Maker) {
    this.#maker = maker;
  }

  /**
   * @param headers asked only where the value alone does not say it all
   * @returns why it is no event that can be applied; the writer is then as before
   */
  read(value: Buffer | null, headers: () => MessageHeaders, records: RecordWriter): EventProblem | undefined {
    // Almost every message: no header has to be looked at to know it.
    if (value !== null && this.#scanner.one(value, records)) return undefined;
    const event = this.#event(value ?? Buffer.alloc(0), headers());
    if (isProblem(event)) return event;
    records.write(event);
    return undefined;
  }

  #event(value: Buffer, headers: MessageHeaders): Event | EventProblem {
    const contentType = headers.findLast(([name]) => name.toLowerCase() === CONTENT_TYPE)?.[1]?.toString();
    const { name, utf8 } = mediaType(contentType ?? '');
    const isStructured = name.startsWith('application/cloudevents');
    if (isStructured && (name !== STRUCTURED || !utf8))
      return problem('CONTENT_TYPE_UNSUPPORTED', `${contentType} is not read here; send ${STRUCTURED} in UTF-8`);
    const attributes = headers.filter(([header]) => header.startsWith(PREFIX));
    if (isStructured || attributes.length === 0) {
      const parsed = parse(value);
      return 'code' in parsed ? parsed : readEvent(parsed.value, this.#maker);
    }
    return this.#binary(value, contentType, attributes);
  }

  #binary(value: Buffer, contentType: string | undefined, attributes: MessageHeaders): Event | EventProblem {
    const raw = new Map<string, unknown>();
    for (const [header, bytes] of attributes) {
      const name = header.slice(PREFIX.length);
      if (name === 'data' || name === 'data_base64' || name === 'datacontenttype')
        return problem('EVENT_ATTRIBUTE_INVALID', `the header ${header} is no attribute that a header carries`);
      if (bytes === null) continue;
      if (!isUtf8(bytes)) return problem('EVENT_ATTRIBUTE_INVALID', `the header ${header} must be UTF-8`);
      raw.set(name, bytes.toString());
    }
    if (contentType !== undefined) raw.set('datacontenttype', contentType);
    // The content type is judged before the value, so that Avro or XML is not called malformed JSON.
    if (value.length > 0 && (contentType === undefined || /json/i.test(contentType))) {
      const parsed = parse(value);
      if ('code' in parsed) return parsed;
      raw.set('data', parsed.value);
    }
    return readEvent(Object.fromEntries(raw), this.#maker);
  }
}

const parse = (value: Buffer): { readonly value: unknown } | EventProblem => {
  if (value.length === 0) return problem('MALFORMED_JSON', 'the message has no value');
  if (!isUtf8(value)) return problem('MALFORMED_JSON', 'the value is not UTF-8');
  try {
    return { value: JSON.parse(value.toString()) };
  } catch {
    return problem('MALFORMED_JSON', 'the value is not JSON');
  }
};
