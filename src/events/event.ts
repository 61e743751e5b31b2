import type { EventType } from './catalogue.ts';

/** A customer fact, decoded from a CloudEvent and checked against the schema of its type. */
export interface Event {
  readonly type: EventType;
  /** With `id` the identity of the event. */
  readonly source: string;
  readonly id: string;
  /** The customer id, or an alias `scheme:value`. */
  readonly subject: string;
  /** When it happened, ms since the Unix epoch; NaN where the producer gave none: the log time is used. */
  readonly timeMs: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** CloudEvents extension attributes, kept but not read. */
  readonly extensions: Readonly<Record<string, string | number | boolean>> | undefined;
}
