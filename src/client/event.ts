import type { EventData, EventType } from '../events/catalogue.ts';

/** An event as a producer tells it; `source` and `id` make it one, so telling it again is harmless. */
export type BeckonEvent = { [T in EventType]: EventOf<T> }[EventType];

interface EventOf<T extends EventType> {
  readonly type: T;
  readonly source: string;
  readonly id: string;
  /** The customer, or an alias such as `phone:…`. */
  readonly subject: string;
  /** RFC 3339; when the log receives it where it is absent. */
  readonly time?: string;
  /** Fields that the catalogue does not name are kept in the log. */
  readonly data: Readonly<EventData[T]> & { readonly [more: string]: unknown };
  readonly dataschema?: string;
  /** CloudEvents extension attributes. */
  readonly extensions?: Readonly<Record<string, string | number | boolean>>;
}

/** The JSON of its structured CloudEvent. */
export const cloudEventText = ({ extensions, ...event }: BeckonEvent): string =>
  JSON.stringify({ ...extensions, specversion: '1.0', ...event });
