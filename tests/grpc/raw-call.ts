import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';

const PREFIX_BYTES = 5;

/** A message with its prefix. @param bytes that the prefix promises, where it is to lie */
export const framed = (message: Uint8Array, bytes = message.length): Buffer => {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(bytes, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
};

/** A connection without a gRPC library, for what none would do; closed with the test. */
export const rawSession = (t: { after(f: () => void): void }, address: string): ClientHttp2Session => {
  // In MB: what it sends counts, too.
  const session = connect(`http://${address}`, { maxSessionMemory: 1000 });
  session.on('error', () => {});
  t.after(() => session.destroy());
  return session;
};

/** A call over bare HTTP/2. It reads nothing until {@link ended} is asked for. */
export class RawCall {
  readonly stream: ClientHttp2Stream;
  private trailers: Record<string, unknown> = {};

  /** @param method such as `ScoringService/Score` */
  constructor(session: ClientHttp2Session, method: string, headers: Record<string, string> = {}) {
    this.stream = session.request({
      ':method': 'POST',
      ':path': `/beckon.v1.${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    this.stream.on('error', () => {});
    for (const name of ['response', 'trailers'] as const)
      this.stream.on(name, (given) => {
        this.trailers = { ...this.trailers, ...given };
      });
  }

  /** @returns `grpc-status` as a number; undefined where the stream was reset, with the code of HTTP/2 for it */
  async ended(): Promise<{ status: number | undefined; reset: number }> {
    const { stream } = this;
    stream.resume();
    if (!stream.destroyed) await new Promise((resolve) => stream.on('close', resolve));
    const status = this.trailers['grpc-status'];
    return { status: status === undefined ? undefined : Number(status), reset: stream.rstCode ?? 0 };
  }
}
