import { formatTime, parseTime } from '../base/clock.ts';
import type { MessageHeaders } from '../events/message.ts';
import type { EventProblem } from '../events/payload.ts';
import type { OutgoingRecord, SourceRecord } from './kafka-client.ts';

/** A message that could not be applied, and where it stands. */
export interface DeadLetter extends EventProblem, SourceRecord {
  readonly topic: string;
  readonly partition: number;
}

/** Where the message of a letter stands. */
export type LetterPlace = Pick<DeadLetter, 'topic' | 'partition' | 'offset'>;

const PREFIX = 'beckon-error-';
/** Of a record that takes a letter off the list, with its place as value. */
const REPLAYED = 'beckon-replayed';

/** Key, value and headers as they were, with the reason in headers. */
export const letterRecord = (letter: DeadLetter): OutgoingRecord => {
  const { key, value, headers, code, message, topic, partition, offset, timestampMs } = letter;
  const said = { code, reason: message, topic, partition, offset, time: formatTime(timestampMs) };
  const added = Object.entries(said).map(([name, text]) => [PREFIX + name, Buffer.from(String(text))] as const);
  return { partition: 0, key, value, headers: [...headers, ...added] };
};

/** Nothing can be taken out of a topic: this says that a letter counts no more. */
export const replayedRecord = (place: LetterPlace): OutgoingRecord => ({
  partition: 0,
  key: null,
  value: null,
  headers: [[REPLAYED, Buffer.from(placeOf(place))]],
});

/** The place of the letter that a record takes off the list, as {@link placeOf}; undefined where it does not. */
export const replayedPlace = (headers: MessageHeaders): string | undefined =>
  headers.find(([name]) => name === REPLAYED)?.[1]?.toString();

/** What its headers say of a record; undefined where it is no letter. */
export const letterOf = (key: Buffer | null, value: Buffer | null, headers: MessageHeaders): DeadLetter | undefined => {
  // The message may itself have been a letter: what was added last counts.
  const first = headers.findLastIndex(([name]) => name === `${PREFIX}code`);
  if (first < 0) return undefined;
  const said = new Map(headers.slice(first).map(([name, text]) => [name, text?.toString() ?? '']));
  const told = (name: string): string => said.get(PREFIX + name) ?? '';
  return {
    key,
    value,
    headers: headers.slice(0, first),
    code: told('code') as DeadLetter['code'],
    message: told('reason'),
    topic: told('topic'),
    partition: Number(told('partition')),
    offset: Number(told('offset')),
    timestampMs: parseTime(told('time')),
  };
};

/** Names the message of a letter: `TOPIC/PARTITION/OFFSET`. */
export const placeOf = ({ topic, partition, offset }: LetterPlace): string => `${topic}/${partition}/${offset}`;
