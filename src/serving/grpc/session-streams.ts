import type { Http2Session } from 'node:http2';
import { isMap } from 'node:util/types';

const FIRST_PLACES = 32;
const FREE = 0;

/**
 * The open streams of an HTTP/2 session by id, in the place of Node's own `Map`. V8 makes the tables of a `Map` that lives long
 * anew all the time where entries come and go, and each table that is left behind among what is old keeps the streams that
 * were in it, and with them their calls, through every collection of what is young. Here entries are written over in place.
 */
export class SessionStreams<Stream> {
  size = 0;
  private ids = new Int32Array(FIRST_PLACES);
  private streams = new Array<Stream | undefined>(FIRST_PLACES).fill(undefined);

  constructor(from: ReadonlyMap<number, Stream>) {
    for (const [id, stream] of from) this.set(id, stream);
  }

  get(id: number): Stream | undefined {
    return this.streams[this.placeOf(id)];
  }

  set(id: number, stream: Stream): this {
    let at = this.placeOf(id);
    if (this.ids[at] === FREE) {
      // Half of the places stay free, so that ways are short.
      if (2 * ++this.size > this.ids.length) {
        this.grow();
        at = this.placeOf(id);
      }
      this.ids[at] = id;
    }
    this.streams[at] = stream;
    return this;
  }

  delete(id: number): boolean {
    const { ids, streams } = this;
    let hole = this.placeOf(id);
    if (ids[hole] === FREE) return false;
    const mask = ids.length - 1;
    // Whoever would not be found any more behind a free place moves into it.
    for (let at = (hole + 1) & mask; ids[at] !== FREE; at = (at + 1) & mask) {
      if (((at - (ids[at] >>> 1)) & mask) < ((at - hole) & mask)) continue;
      ids[hole] = ids[at];
      streams[hole] = streams[at];
      hole = at;
    }
    ids[hole] = FREE;
    streams[hole] = undefined;
    this.size--;
    return true;
  }

  /** @param tell may delete any of them */
  forEach(tell: (stream: Stream, id: number) => void): void {
    const { streams } = this;
    const ids = this.ids.slice();
    const all = streams.slice();
    for (const [at, stream] of all.entries()) if (stream !== undefined) tell(stream, ids[at]);
  }

  /** Of the id, or the free one that it would take. */
  private placeOf(id: number): number {
    const { ids } = this;
    const mask = ids.length - 1;
    // One side's ids are all odd or all even.
    let at = (id >>> 1) & mask;
    while (ids[at] !== id && ids[at] !== FREE) at = (at + 1) & mask;
    return at;
  }

  private grow(): void {
    const { ids, streams } = this;
    this.ids = new Int32Array(ids.length * 2);
    this.streams = new Array<Stream | undefined>(ids.length * 2).fill(undefined);
    for (const [from, id] of ids.entries()) {
      if (id === FREE) continue;
      const at = this.placeOf(id);
      this.ids[at] = id;
      this.streams[at] = streams[from];
    }
  }
}

/** Where Node has them; it has no word of its own for this. Undefined in a Node that keeps them elsewhere. */
let stateKey: symbol | undefined;

interface SessionState {
  streams?: unknown;
}

/**
 * Has a session keep its streams in {@link SessionStreams}; to be called with each of its calls, for it is cheap.
 * @returns whether it does; where Node keeps them elsewhere nothing is changed
 */
export const keepStreams = (session: Http2Session | undefined): boolean => {
  if (session === undefined) return false;
  stateKey ??= Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  const state = stateKey && (session as unknown as Record<symbol, SessionState | undefined>)[stateKey];
  if (state?.streams instanceof SessionStreams) return true;
  // Node's is a subclass without the prototype of `Map`.
  if (!isMap(state?.streams)) return false;
  state.streams = new SessionStreams(state.streams as ReadonlyMap<number, unknown>);
  return true;
};
