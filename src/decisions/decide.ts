import { type Clock, formatTime } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { FeatureReader, ReadOutcome } from '../features/read.ts';
import type { HeadRegistry, LiveHead } from '../inference/registry.ts';
import type { Choices } from '../packs/choices.ts';
import type { Pack } from '../packs/pack.ts';
import { type Segment, segmentOf } from '../packs/segments.ts';
import { type BatchRequest, type Decision, rounded, type ScoreRequest } from './decision.ts';
import { DecisionIds } from './decision-id.ts';
import { HeadInputs } from './head-inputs.ts';
import { type HeadOutputs, modelsOf } from './head-outputs.ts';
import { type DecisionDone, Question } from './question.ts';
import { QuestionGuest } from './question-guest.ts';
import { Scorer } from './scorer.ts';
import { beforeState, tooFarAhead } from './time-refusals.ts';

/** How far the state is: what an answer says of itself. */
export interface Progress {
  /** Offset of the last event applied. */
  readonly appliedOffset: number;
  /** @param nowMs wall clock */
  lagMs(nowMs: number): number;
}

export interface DeciderParts {
  /** Reads what segments and rules ask for; what models ask for is added as they come. */
  readonly reader: FeatureReader;
  readonly registry: HeadRegistry;
  readonly pack: Pack;
  readonly segments: readonly Segment[];
  readonly choices: Choices;
  readonly outputs: HeadOutputs;
  readonly progress: Progress;
  readonly clock: Clock;
}

const NONE: readonly never[] = [];

/**
 * Decides for one customer at a time, without a thread hop: features of all questions of one loop turn are read from shared
 * memory one after another, their heads run together, and `done` is called in that run.
 */
export class Decider {
  private readonly parts: DeciderParts;
  private readonly scorer: Scorer;
  private readonly guest: QuestionGuest;
  private readonly hourFeatures: readonly string[];
  private readonly ids = new DecisionIds();
  private readonly spare: Question[] = [];
  private readonly inputs: HeadInputs;
  /** Models whose inputs the reader reads. */
  private knownHeads: readonly LiveHead[] = [];
  /** What answers name as the models behind them, by head. */
  private models: Readonly<Record<string, string>> = {};
  private isTurnOpen = false;
  /** Of the next turn. */
  private readonly waiting: Question[] = [];
  private isScheduled = false;
  private lastTimeMs = Number.NaN;
  private lastTimeText = '';

  constructor(parts: DeciderParts) {
    const { choices, outputs, pack } = parts;
    this.parts = parts;
    this.inputs = new HeadInputs(pack.featureNames);
    this.hourFeatures = [...new Set(choices.channels.flatMap(({ hours = [] }) => hours))];
    this.scorer = new Scorer(choices, outputs, this.hourFeatures, pack.zoneOffsetSec);
    this.guest = new QuestionGuest(pack.plan, choices.schemes, this.hourFeatures);
  }

  /** @returns why a question cannot be answered for anybody, undefined where it can */
  problemOf(request: ScoreRequest): BeckonError | undefined {
    return this.scorer.scope.problemOf(request);
  }

  /** Asks in the next turn of the loop, together with all others who came in this one: memory is then waited for once. */
  decide(request: ScoreRequest, done: DecisionDone): void {
    const question = this.questionOf(request, done);
    if (question === undefined) return;
    this.waiting.push(question);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(this.turn);
  }

  private readonly turn = (): void => {
    this.isScheduled = false;
    const { reader, registry } = this.parts;
    const questions = this.waiting.splice(0, LIMITS.scoreChunkRows);
    const customerIds = questions.map(({ request }) => request.customerId);
    reader.aheadWithAliases(customerIds, 0, customerIds.length);
    for (const question of questions)
      try {
        this.ask(question);
      } catch (cause) {
        // A bug in one question is told to who asked it. The question is not used again: rows of it may be under way.
        question.done(new BeckonError('INTERNAL', 'internal error', { cause }), undefined);
      }
    for (const { batcher } of registry.live()) batcher.flush();
    if (this.waiting.length > 0) this.schedule();
  };

  /** @returns undefined where it cannot be answered, which was told */
  private questionOf(request: ScoreRequest, done: DecisionDone): Question | undefined {
    const question = this.spare.pop() ?? this.newQuestion();
    question.request = request;
    question.done = done;
    const problem = this.problemOf(request);
    if (problem === undefined) return question;
    this.fail(question, problem);
    return undefined;
  }

  /**
   * As {@link decide} for each, in turns of the loop with as many as the models take at once: neither what was read nor
   * what is answered then leaves the cache between.
   * @param done told the position of the customer
   */
  decideAll(
    { customerIds, ...asked }: BatchRequest,
    done: (index: number, ...outcome: Parameters<DecisionDone>) => void,
  ): void {
    let next = 0;
    const turn = (): void => {
      const first = next;
      const end = Math.min(first + LIMITS.scoreChunkRows, customerIds.length);
      let left = end - first;
      next = end;
      this.parts.reader.aheadWithAliases(customerIds, first, end);
      for (let i = first; i < end; i++) {
        const question = this.questionOf({ ...asked, customerId: customerIds[i] }, (error, decision) => {
          done(i, error, decision);
          if (--left === 0 && next < customerIds.length) turn();
        });
        if (question !== undefined) this.ask(question);
      }
    };
    turn();
  }

  private newQuestion(): Question {
    const { pack, outputs, choices } = this.parts;
    return new Question({
      features: pack.featureNames.length,
      outputs: outputs.names.length,
      schemes: choices.schemes.length,
      hourFeatures: this.hourFeatures.length,
    });
  }

  private ask(question: Question): void {
    const { reader, clock, registry, pack } = this.parts;
    const { atMs } = question.request;
    if (registry.live() !== this.knownHeads) this.learnHeads();
    this.openTurn();
    pack.ruleItems.refresh();
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
      this.guest.of(question),
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
    question.models = this.models;
    question.outputs.fill(Number.NaN);
    const heads = registry.live();
    question.headsLeft = heads.length;
    for (const head of heads) this.addRow(question, head);
    if (heads.length === 0) this.answer(question);
  }

  private addRow(question: Question, live: LiveHead): void {
    this.inputs.write(live, question.values, question.request.context);
    live.batcher.add(this.scored, { question, live });
  }

  private readonly scored = (
    { question, live }: { question: Question; live: LiveHead },
    error: BeckonError | undefined,
    output: Float32Array,
    offset: number,
  ): void => {
    const places = this.parts.outputs.placesOf(live);
    if (error !== undefined) question.isDegraded = true;
    else for (let i = 0; i < places.length; i++) if (places[i] >= 0) question.outputs[places[i]] = output[offset + i];
    if (--question.headsLeft === 0) this.answer(question);
  };

  private answer(question: Question): void {
    const { segments, progress, outputs } = this.parts;
    const { request, values, nowMs, atMs, done } = question;
    const scores: Record<string, number> = {};
    for (const { name, place } of outputs.scores) {
      const score = question.outputs[place];
      if (!Number.isNaN(score)) scores[name] = score;
    }
    const names: Record<string, string> = {};
    for (const segment of segments) {
      const name = segmentOf(segment, values, scores);
      if (name !== undefined) names[segment.name] = name;
    }
    for (const name in scores) scores[name] = rounded(scores[name]);
    const at = this.timeText(atMs);
    const { decision, ranked, channels, call, suppressed } = this.scorer.score(question, at);
    const answer: Decision = {
      decisionId: this.ids.next(question.shard),
      customerId: request.customerId,
      known: question.isKnown,
      at,
      asOf: { offset: question.offset, lagMs: progress.lagMs(nowMs) },
      decision,
      ranked,
      channels,
      call,
      segments: names,
      suppressed,
      models: question.models,
      scores,
      reasons: NONE,
      degraded: question.isDegraded ? true : undefined,
    };
    this.spare.push(question);
    done(undefined, answer);
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
    this.models = modelsOf(this.knownHeads);
    this.scorer.learn(this.knownHeads);
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
}
