import { isBeside, type MessageHeaders } from './message.ts';
import type { RecordReader } from './record.ts';

/** Names and values together: several times what tracing and routing put there. */
const CAUSE_BYTES_MAX = 4096;
/** W3C Trace Context; as extensions of a CloudEvent they have the same names. */
const TRACE: readonly string[] = ['traceparent', 'tracestate'];

/** Copies of the headers of a message that are not the event's own; undefined where there are none. Of too many only those of a trace. */
export const keptHeaders = (headers: MessageHeaders): MessageHeaders | undefined => {
  const beside = headers.filter(isBeside);
  const bytes = beside.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0);
  const kept = bytes <= CAUSE_BYTES_MAX ? beside : beside.filter(isOfTrace).slice(0, TRACE.length);
  return kept.length === 0 ? undefined : kept.map(([name, value]) => [name, value && Buffer.from(value)]);
};

const isOfTrace = ([name, value]: MessageHeaders[number]): boolean =>
  TRACE.includes(name.toLowerCase()) && (value?.length ?? 0) <= CAUSE_BYTES_MAX / TRACE.length;

/**
 * What an event hands on to what it causes: the headers of its message, and the trace that its extensions name.
 * @param record that the event is
 * @param headers that were kept of its message
 */
export const causeOf = (record: RecordReader, headers: MessageHeaders = []): MessageHeaders => {
  const extensions = record.extensions() ?? {};
  const told = TRACE.filter(
    (name) => Object.hasOwn(extensions, name) && !headers.some(([header]) => header.toLowerCase() === name),
  );
  return [...headers, ...told.map((name) => [name, Buffer.from(String(extensions[name]))] as const)];
};

/** Headers as a text, for a database. */
export const headersText = (headers: MessageHeaders): string =>
  JSON.stringify(headers.map(([name, value]) => [name, value === null ? null : value.toString('base64')]));

/** What {@link headersText} was made of. */
export const headersOf = (text: string): MessageHeaders =>
  (JSON.parse(text) as [string, string | null][]).map(([name, value]) => [
    name,
    value === null ? null : Buffer.from(value, 'base64'),
  ]);
