import { isUtf8 } from 'node:buffer';
import type { handleClientStreamingCall } from '@grpc/grpc-js';
import { BeckonError, type ErrorCode } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { type EventItem, readItem } from '../../events/codec.ts';
import { append } from '../append.ts';
import { ownError } from '../own-error.ts';
import { refuseWhenNotReady } from '../ready.ts';
import { type BehindNow, beginCall, shuttingDown, unary } from './call.ts';
import type {
  AppendStreamRequest,
  AppendStreamResponse,
  Event,
  EventsServiceServer,
  RejectedEvent,
} from './generated/beckon/v1/events.ts';
import { errorResponse, type Violation } from './rich-error.ts';
import { checked } from './strict-messages.ts';

/** Of a stream; a stranger's stream of nonsense must not fill the memory. */
const REJECTED_MAX = 1000;

export const eventsService = (behind: BehindNow): EventsServiceServer => ({
  append: unary('EventsService/Append', behind, ({ events }, { sink }, done) =>
    append(sink, itemsOf(events), (error, appended) => {
      const { accepted, duplicates, rejected } = appended;
      if (error === undefined && rejected.length > 0 && accepted + duplicates === 0)
        done(nothingAccepted(rejected), undefined, rejected.map(violationOf));
      else if (error === undefined) done(undefined, { accepted, duplicates, rejected: [...rejected] });
      else done(error);
    }),
  ),
  appendStream: appendStream(behind),
});

/** Each message is a group of its own; messages are taken while not too many wait for the log. */
const appendStream =
  (behindNow: BehindNow): handleClientStreamingCall<AppendStreamRequest, AppendStreamResponse> =>
  (call, callback) => {
    const behind = behindNow();
    const { parts } = behind;
    const end = beginCall('EventsService/AppendStream', behind);
    const total = { accepted: 0, duplicates: 0, rejected: [] as RejectedEvent[], rejectedCount: 0 };
    let events = 0;
    let waiting = 0;
    let isLast = false;
    let isOver = false;
    const over = (error?: unknown): void => {
      if (isOver) return;
      isOver = true;
      behind.stopping.removeEventListener('abort', stop);
      const own = error === undefined ? undefined : ownError(error, parts.onInternal);
      end(own);
      if (own === undefined) callback(null, total);
      else callback(errorResponse(own));
    };
    /** What was taken is durable, and a duplicate when it comes again. */
    const stop = (): void => {
      if (waiting === 0) over(shuttingDown());
    };
    const take = ({ events: given }: AppendStreamRequest): void => {
      refuseWhenNotReady(parts);
      const first = events;
      events += given.length;
      waiting++;
      if (waiting >= LIMITS.streamGroupsMax) call.pause();
      append(parts.sink, itemsOf(given), (error, appended) => {
        waiting--;
        if (error !== undefined) return over(error);
        total.accepted += appended.accepted;
        total.duplicates += appended.duplicates;
        total.rejectedCount += appended.rejected.length;
        for (const one of appended.rejected)
          if (total.rejected.length < REJECTED_MAX) total.rejected.push({ ...one, index: first + one.index });
        if (isLast && waiting === 0) over();
        else if (behind.stopping.aborted) stop();
        else call.resume();
      });
    };
    call.on('data', (message: AppendStreamRequest) => {
      if (isOver) return;
      try {
        take(checked(message));
      } catch (error) {
        over(error);
      }
    });
    call.on('end', () => {
      isLast = true;
      if (waiting === 0) over();
    });
    call.on('cancelled', () => over());
    behind.stopping.addEventListener('abort', stop);
    if (behind.stopping.aborted) stop();
  };

/** @throws BeckonError BATCH_TOO_LARGE */
const itemsOf = (events: readonly Event[]): EventItem[] => {
  const { eventsPerRequestMax: limit } = LIMITS;
  if (events.length > limit)
    throw new BeckonError('BATCH_TOO_LARGE', `the request has ${events.length} events; at most ${limit} are allowed`, {
      details: { limit, count: events.length },
    });
  return events.map(itemOf);
};

/** Reads an event as its structured CloudEvent would be. */
const itemOf = (event: Event, index: number): EventItem => {
  const { type, source, id, subject, time, payload, extensions, dataschema } = event;
  const cloudEvent: Record<string, unknown> = { ...extensions, specversion: '1.0', type, source, id, subject };
  if (time !== undefined) cloudEvent.time = time;
  if (dataschema !== undefined) cloudEvent.dataschema = dataschema;
  if (payload?.$case === 'data') cloudEvent.data = payload.value;
  else if (payload !== undefined) {
    const data = parse(payload.value);
    if (data === undefined)
      return { index, id, code: 'EVENT_DATA_INVALID', message: 'data_json must be JSON in UTF-8' };
    cloudEvent.data = data;
  }
  return readItem(cloudEvent, index);
};

const parse = (json: Uint8Array): unknown => {
  if (!isUtf8(json)) return undefined;
  try {
    return JSON.parse(Buffer.from(json).toString());
  } catch {
    return undefined;
  }
};

/** With one event its code speaks for the call. */
const nothingAccepted = (rejected: readonly { readonly code: ErrorCode; readonly message: string }[]): BeckonError => {
  const codes = new Set(rejected.map(({ code }) => code));
  return new BeckonError(
    codes.size === 1 ? rejected[0].code : 'EVENT_REJECTED',
    rejected.length === 1 ? rejected[0].message : 'none of the events could be accepted; see the details',
  );
};

const violationOf = ({ index, code, message }: Pick<RejectedEvent, 'index' | 'code' | 'message'>): Violation => ({
  field: `events[${index}]`,
  description: message,
  reason: code,
});
