import { constants, type ServerHttp2Stream } from 'node:http2';
import { Metadata, type ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import { keepStreams } from './session-streams.ts';

/**
 * What the library has under a call. It has no word of its own for what is done here; it is pinned to an exact version, and
 * the tests of this room fail where that changes.
 */
interface UnderCall {
  readonly stream: ServerHttp2Stream;
  checkCancelled(): boolean;
  sendMetadata(metadata: Metadata): void;
  sendMessage(message: unknown, sent: () => void): void;
  sendStatus(status: { code: number; details: string; metadata: null }): void;
}

const under = (call: object): UnderCall => (call as { call: UnderCall }).call;

const OK = { code: status.OK, details: 'OK', metadata: null } as const;
const NOTHING = (): void => {};
/** Stands in the first headers only of an answer that has nothing else. */
const STATUS = 'grpc-status';

/**
 * Answers a call with its only message. The library would wait until the message has left before it sends the status: they
 * go out together, in one write to the socket instead of two.
 */
export const answerOnce = (call: object, message: unknown): void => {
  under(call).sendMessage(message, NOTHING);
  under(call).sendStatus(OK);
};

/**
 * The same with a message that has its prefix already: the library would copy it, and memory that is taken anew for each
 * answer of 100 KB made collecting garbage a fifth of all the work.
 * @param left called once the frame may be written over; never where that is not known
 */
export const answerFrame = (call: object, frame: Buffer, left: () => void): void => {
  const { stream } = under(call);
  if (under(call).checkCancelled() || !stream.writable) return;
  under(call).sendMetadata(new Metadata());
  stream.write(frame, (error) => {
    if (error === null || error === undefined) left();
  });
  under(call).sendStatus(OK);
};

/**
 * Lets go of a call that is refused before it is read: the library would take each further piece of it and throw it away, and of
 * 10 MB the garbage alone held the loop for 30 ms. NO_ERROR tells the caller that the answer stands.
 */
export const letGo: ServerInterceptor = (_method, call) => {
  const { stream } = call as unknown as Pick<UnderCall, 'stream'>;
  stream.once('finish', () => {
    // Closed sooner than its trailers have left, a call that was answered by messages would lose its status.
    const isRefused = stream.sentHeaders?.[STATUS] !== undefined;
    if (isRefused && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  });
  return call as ServerInterceptingCall;
};

/** Has the session of a call keep its streams so that calls which are over can be collected young. */
export const leaveYoung: ServerInterceptor = (_method, call) => {
  keepStreams((call as unknown as Pick<UnderCall, 'stream'>).stream.session);
  return call as ServerInterceptingCall;
};

/** The stream of HTTP/2 on which a call answers. */
export const streamOf = (call: object): ServerHttp2Stream => under(call).stream;

/**
 * Ends a call whose caller takes nothing, with what it has not taken: the library would wait for that. The caller reads
 * RESOURCE_EXHAUSTED.
 */
export const cutCall = (call: object): void => streamOf(call).close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
