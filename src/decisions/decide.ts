import { type Clock, formatTime } from '../base/clock.ts';
import type { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { FeatureReader, ReadOutcome } from '../features/read.ts';
import type { HeadRegistry, LiveHead } from '../inference/registry.ts';
import { type Segment, segmentOf } from '../packs/segments.ts';
import { type Decision, HOLD, type ScoreRequest } from './decision.ts';
import { DecisionIds } from './decision-id.ts';
import { beforeState, tooFarAhead } from './time-refusals.ts';

/** Told once for each decision asked for; after an error there is no decision. */
export type DecisionDone = (error: BeckonError | undefined, decision: Decision | undefined) => void;

/** How far the state is: what an answer says of itself. */
export interface Progress {
  /** Offset of the last event applied. */
  readonly appliedOffset: number;
  /** @param nowMs wall clock */
  lagMs(nowMs: number): number;
}

export interface DeciderParts {
  /** Reads what the segments ask for; what models ask for is added as they come. */
  readonly reader: FeatureReader;
  readonly registry: HeadRegistry;
  readonly featureNames: readonly string[];
  readonly segments: readonly Segment[];
  readonly progress: Progress;
  readonly clock: Clock;
}

/** Made once for all answers: a decision is written as text and then forgotten. */
const HELD: Decision['decision'] = { ...HOLD, selectionProbability: 1 };
const ONLY_HOLD: Decision['ranked'] = [HOLD];
const NONE: readonly never[] = [];

/** A question on its way: its values stay here from the read to the answer. Reused. */
class Question {
  request!: ScoreRequest;
  done!: DecisionDone;
  readonly values: Float64Array;
  scores: Record<string, number> = {};
  models: Record<string, string> = {};
  headsLeft = 0;
  isDegraded = false;
  isKnown = false;
  shard = 0;
  offset = 0;
  nowMs = 0;
  atMs = 0;

  constructor(features: number) {
    this.values = new Float64Array(features);
  }
}

/**
 * Decides for one customer at a time, without a thread hop: features are read from shared memory at once, the heads of
 * all questions of one loop turn run together, and `done` is called in that run.
 */
export class Decider {
  private readonly parts: DeciderParts;
  private readonly ids = new DecisionIds();
  private readonly spare: Question[] = [];
  /** Positions of a model's inputs among the features, by model. */
  private readonly gathers = new WeakMap<LiveHead, Int32Array>();
  /** Models whose inputs the reader reads. */
  private knownHeads: readonly LiveHead[] = [];
  private isTurnOpen = false;
  private lastTimeMs = Number.NaN;
  private lastTimeText = '';

  constructor(parts: DeciderParts) {
    this.parts = parts;
  }

  decide(request: ScoreRequest, done: DecisionDone): void {
    const question = this.spare.pop() ?? new Question(this.parts.featureNames.length);
    question.request = request;
    question.done = done;
    this.ask(question);
  }

  private ask(question: Question): void {
    const { reader, clock, registry } = this.parts;
    const { atMs } = question.request;
    if (registry.live() !== this.knownHeads) this.learnHeads();
    this.openTurn();
    const nowMs = clock.nowMs();
    question.nowMs = nowMs;
    question.atMs = atMs ?? nowMs;
    if (question.atMs > nowMs + LIMITS.askAheadMsMax) {
      this.fail(question, tooFarAhead());
      return;
    }
    const { customerId, campaignId } = question.request;
    const keys = campaignId === undefined ? undefined : { campaign: campaignId };
    const outcome = reader.read(
      customerId,
      Math.floor(question.atMs / 1000),
      atMs !== undefined,
      question.values,
      keys,
    );
    this.take(question, outcome);
  }

  private take(question: Question, outcome: ReadOutcome): void {
    const { reader, registry } = this.parts;
    if (outcome === 'busy') {
      setImmediate(() => this.ask(question));
      return;
    }
    if (outcome === 'beforeState') {
      this.fail(question, beforeState(reader.lastSec));
      return;
    }
    question.isKnown = outcome === 'known';
    question.shard = reader.shard;
    question.offset = question.isKnown ? reader.offset : this.parts.progress.appliedOffset;
    question.isDegraded = false;
    question.scores = {};
    question.models = {};
    const heads = registry.live();
    question.headsLeft = heads.length;
    for (const head of heads) this.addRow(question, head);
    if (heads.length === 0) this.answer(question);
  }

  private addRow(question: Question, live: LiveHead): void {
    const { batcher, session } = live;
    const { input, offset } = batcher;
    const gather = this.gatherOf(live);
    for (let i = 0; i < gather.length; i++) input[offset + i] = question.values[gather[i]];
    for (let i = 0; i < session.context.length; i++) {
      const { name, default: standard } = session.context[i];
      const given = question.request.context?.[name];
      input[offset + gather.length + i] = given === undefined ? standard : Number(given);
    }
    question.models[session.head] = live.label;
    batcher.add(this.scored, { question, live });
  }

  private readonly scored = (
    { question, live }: { question: Question; live: LiveHead },
    error: BeckonError | undefined,
    output: Float32Array,
    offset: number,
  ): void => {
    const { columns } = live.session;
    if (error !== undefined) question.isDegraded = true;
    else for (let i = 0; i < columns.length; i++) question.scores[columns[i].name] = output[offset + i];
    if (--question.headsLeft === 0) this.answer(question);
  };

  private answer(question: Question): void {
    const { segments, progress } = this.parts;
    const { request, values, scores, nowMs, atMs, done } = question;
    const names: Record<string, string> = {};
    for (const segment of segments) {
      const name = segmentOf(segment, values, scores);
      if (name !== undefined) names[segment.name] = name;
    }
    for (const name in scores) scores[name] = Math.round(scores[name] * 10_000) / 10_000;
    const decision: Decision = {
      decisionId: this.ids.next(question.shard),
      customerId: request.customerId,
      known: question.isKnown,
      at: this.timeText(atMs),
      asOf: { offset: question.offset, lagMs: progress.lagMs(nowMs) },
      decision: HELD,
      ranked: ONLY_HOLD,
      channels: NONE,
      segments: names,
      suppressed: NONE,
      models: question.models,
      scores,
      reasons: NONE,
      degraded: question.isDegraded ? true : undefined,
    };
    this.spare.push(question);
    done(undefined, decision);
  }

  /** Questions of one turn mostly share their millisecond. */
  private timeText(timeMs: number): string {
    if (timeMs !== this.lastTimeMs) {
      this.lastTimeMs = timeMs;
      this.lastTimeText = formatTime(timeMs);
    }
    return this.lastTimeText;
  }

  private fail(question: Question, error: BeckonError): void {
    const { done } = question;
    this.spare.push(question);
    done(error, undefined);
  }

  private learnHeads(): void {
    const { reader, registry } = this.parts;
    this.knownHeads = registry.live();
    for (const { session } of this.knownHeads) reader.want(session.featureNames);
  }

  /** All questions of one turn see the same group sums. */
  private openTurn(): void {
    if (this.isTurnOpen) return;
    this.isTurnOpen = true;
    this.parts.reader.nextTurn();
    setImmediate(() => {
      this.isTurnOpen = false;
    });
  }

  private gatherOf(live: LiveHead): Int32Array {
    let gather = this.gathers.get(live);
    if (gather === undefined) {
      gather = Int32Array.from(live.session.featureNames, (name) => this.parts.featureNames.indexOf(name));
      this.gathers.set(live, gather);
    }
    return gather;
  }
}
