import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { constants } from 'node:http2';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ScoreRequest, ScoreStreamRequest } from '../../src/serving/grpc/generated/beckon/v1/scoring.ts';
import { framed, RawCall } from './raw-call.ts';

const NOTHING = ScoreRequest.decode(new Uint8Array());
const question = (customerId: string): ScoreRequest => ({ ...NOTHING, customerId });

/** A question about one customer, encoded. */
export const scoreBytes = (customerId: string): Buffer =>
  Buffer.from(ScoreRequest.encode(question(customerId)).finish());

const HUGE = framed(Buffer.alloc(10 << 20, 0x61));
/** Small on the way, and large once it is unpacked. */
const BOMB = framed(gzipSync(Buffer.alloc(10 << 20)));
BOMB[0] = 1;
const STREAMED = framed(ScoreStreamRequest.encode({ id: '1', request: question('ada') }).finish());
const RESETS = 50;
const UNREAD = 200;

/** What bad clients do. Each resolves when the service has answered, or nothing is left to be answered. */
export const ABUSES: Readonly<Record<string, (session: ClientHttp2Session, address: string) => Promise<unknown>>> = {
  async hugeMessage(session) {
    const call = new RawCall(session, 'ScoringService/Score');
    call.stream.end(HUGE);
    return call.ended();
  },
  async unpackedMessage(session) {
    const call = new RawCall(session, 'ScoringService/Score', { 'grpc-encoding': 'gzip' });
    call.stream.end(BOMB);
    return call.ended();
  },
  async truncatedMessage(session) {
    const call = new RawCall(session, 'ScoringService/Score');
    call.stream.end(framed(scoreBytes('ada'), 1000));
    return call.ended();
  },
  async nonsense(session) {
    const call = new RawCall(session, 'ScoringService/Score');
    call.stream.end(framed(Buffer.alloc(100, 0xff)));
    return call.ended();
  },
  async rapidReset(session) {
    for (let i = 0; i < RESETS && !session.destroyed; i++) {
      const { stream } = new RawCall(session, 'ScoringService/Score');
      stream.write(framed(scoreBytes('ada')));
      stream.close(constants.NGHTTP2_CANCEL);
    }
  },
  async expiredCall(session) {
    const call = new RawCall(session, 'ScoringService/Score', { 'grpc-timeout': '1u' });
    call.stream.end(framed(scoreBytes('ada')));
    return call.ended();
  },
  /** Asks on and on, and reads nothing. */
  async slowReader(session) {
    const { stream } = new RawCall(session, 'ScoringService/ScoreStream');
    for (let i = 0; i < UNREAD; i++) stream.write(STREAMED);
    await Promise.race([once(stream, 'response'), once(stream, 'close')]).catch(() => {});
    stream.close(constants.NGHTTP2_CANCEL);
  },
  async notHttp(_session, address) {
    const [host, port] = address.split(':');
    const socket = connect(Number(port), host).on('error', () => {});
    socket.resume().end('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
  },
};
