import { Batcher } from './batcher.ts';
import { LongRuns } from './long-runs.ts';
import type { EngineName, HeadSession } from './session.ts';

/** A head as this thread serves it now. */
export interface LiveHead {
  /** What an answer must name as the model that it used. */
  readonly session: HeadSession;
  readonly batcher: Batcher;
  readonly longRuns: LongRuns;
  /** `name@version`, as answers name the model. */
  readonly label: string;
}

export interface HeadInfo {
  readonly head: string;
  readonly name: string;
  readonly version: string;
  /** Of model.onnx. */
  readonly sha256: string;
  /** What runs it. */
  readonly engine: EngineName;
  /** `draining`: replaced, and finishing the rows that it had taken. */
  readonly state: 'live' | 'draining';
}

/** The heads of one thread. */
export class HeadRegistry {
  readonly #live = new Map<string, LiveHead>();
  readonly #draining = new Set<LiveHead>();
  /** Of live models that run as plans, once somebody has asked. */
  readonly #references = new Map<LiveHead, LiveHead>();
  #list: readonly LiveHead[] = [];

  /**
   * The live model of a head. Take it in the turn in which you add rows, keep it with the request, and name its session
   * in the answer: a swap between the two does not touch it.
   * @returns undefined where the pack has no such head.
   */
  get(head: string): LiveHead | undefined {
    return this.#live.get(head);
  }

  /** All live models, as {@link get} would give them. */
  live(): readonly LiveHead[] {
    return this.#list;
  }

  /**
   * A live model as ONNX Runtime runs it: what everybody else makes of its file, where a plan may be some millionths away.
   * Loaded when it is first asked for, which blocks for some 20 ms; a plan that is near enough stands for it.
   */
  reference(live: LiveHead): LiveHead {
    if (live.session.isReference) return live;
    let reference = this.#references.get(live);
    if (reference === undefined) {
      reference = liveHead(live.session.inOnnxRuntime());
      this.#references.set(live, reference);
    }
    return reference;
  }

  /**
   * Makes a model the live one of its head, at once for every later {@link get}; rows that the one before it has taken
   * are finished by that one.
   * @returns when the one before it, if any, has finished and is released.
   */
  async swap(session: HeadSession): Promise<void> {
    const previous = this.#live.get(session.head);
    this.#live.set(session.head, liveHead(session));
    this.#list = [...this.#live.values()];
    if (previous !== undefined) await this.#drain(previous);
  }

  /** The live models by name of their heads, then those that are draining. */
  list(): HeadInfo[] {
    return [...describe(this.#live.values(), 'live'), ...describe(this.#draining, 'draining')];
  }

  /** Removes all heads. @returns when all rows are told and all sessions released; only then may the thread end. */
  async close(): Promise<void> {
    const all = [...this.#live.values()];
    this.#live.clear();
    this.#list = [];
    await Promise.all([...all, ...this.#draining].map((live) => this.#drain(live)));
  }

  async #drain(live: LiveHead): Promise<void> {
    this.#draining.add(live);
    const reference = this.#references.get(live);
    this.#references.delete(live);
    const both = reference === undefined ? [live] : [live, reference];
    await Promise.all(both.flatMap(({ batcher, longRuns }) => [batcher.close(), longRuns.close()]));
    live.session.release();
    reference?.session.release();
    this.#draining.delete(live);
  }
}

const liveHead = (session: HeadSession): LiveHead => ({
  session,
  batcher: new Batcher(session),
  longRuns: new LongRuns(session),
  label: `${session.name}@${session.version}`,
});

const describe = (heads: Iterable<LiveHead>, state: HeadInfo['state']): HeadInfo[] =>
  [...heads]
    .map(({ session: { head, name, version, sha256, engine } }) => ({ head, name, version, sha256, engine, state }))
    .sort((a, b) => (a.head < b.head ? -1 : 1));
