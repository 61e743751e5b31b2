import type { Clock } from '../base/clock.ts';
import { formatTime } from '../base/clock.ts';
import type { BeckonError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { measures } from '../base/measures.ts';
import type { Decider } from '../decisions/decide.ts';
import type { Decision } from '../decisions/decision.ts';
import type { ToldDecision } from '../decisions/stream-message.ts';
import { definitionOfType } from '../events/catalogue.ts';
import { causeOf } from '../events/cause.ts';
import type { MessageHeaders } from '../events/message.ts';
import { RecordReader } from '../events/record.ts';
import type { FeatureReader } from '../features/read.ts';
import type { LatestDecision, Outbox, OutMessage } from '../state/outbox.ts';
import type { Status } from '../state/status.ts';
import type { StreamLog } from './stream-log.ts';

export interface RescorerParts {
  readonly log: StreamLog;
  readonly outbox: Outbox;
  readonly decider: Decider;
  /** Tells who is known, and by which id. */
  readonly reader: FeatureReader;
  readonly status: Status;
  readonly clock: Clock;
}

/** What a stretch of the log says: whose decision may have changed, and which triggers have fired. */
interface Stretch {
  /** Each with the headers of their last event. */
  readonly customers: Map<string, MessageHeaders>;
  readonly fired: { readonly customer: string; readonly name: string; readonly at: string }[];
  /** One a partition. */
  readonly nextOffsets: number[];
  /** Log time of its oldest group, ms. */
  sinceMs: number;
  hasErasures: boolean;
}

const TRIGGER_FIRED = definitionOfType('trigger.fired')?.code;
const ERASED = definitionOfType('customer.erased')?.code;
/** Customers whose questions share a turn of the loop. */
const TURN_CUSTOMERS = 256;
const HELD = '["hold",null,null]';

/**
 * Answers without being asked: follows the log behind the writer, scores everybody of whom it speaks once a stretch, and puts
 * into the outbox whose decision has changed (another action, channel or campaign, or hold) and which triggers have fired.
 */
export class Rescorer {
  private readonly parts: RescorerParts;
  private readonly records = new RecordReader();
  private readonly values: Float64Array;

  /** @param features of the pack */
  constructor(parts: RescorerParts, features: number) {
    this.parts = parts;
    this.values = new Float64Array(features);
  }

  /** Looks through one stretch of the log. @returns whether more waits */
  async step(): Promise<boolean> {
    const { outbox, clock } = this.parts;
    if (this.waiting(outbox.nextOffsets) === 0) return false;
    const startMs = performance.now();
    const stretch = await this.read();
    // The state is ahead of what has come here.
    if (stretch.nextOffsets.every((offset, partition) => offset === outbox.nextOffsets[partition])) return false;
    if (stretch.hasErasures) this.forgetErased();
    const decisions = new Map<string, Decision>();
    const customers = [...stretch.customers.keys()];
    for (let from = 0; from < customers.length; from += TURN_CUSTOMERS)
      await this.decide(customers.slice(from, from + TURN_CUSTOMERS), decisions);
    const { messages, latest } = this.changes(stretch, decisions);
    outbox.commit(stretch.nextOffsets, messages, latest);
    const waitingEvents = this.waiting(stretch.nextOffsets);
    measures.stream.publish({
      rescored: decisions.size,
      emitted: messages.length,
      waitingEvents,
      ageMs: Math.max(0, clock.nowMs() - stretch.sinceMs),
      durationMs: performance.now() - startMs,
    });
    return waitingEvents > 0;
  }

  /** Records that the state holds and nobody has looked at. */
  private waiting(nextOffsets: readonly number[]): number {
    const { positions } = this.parts.status;
    return nextOffsets.reduce((sum, next, partition) => sum + Math.max(0, positions[partition] - next), 0);
  }

  private async read(): Promise<Stretch> {
    const { log, outbox, status } = this.parts;
    const { records } = this;
    const until = status.positions.slice();
    const stretch: Stretch = {
      customers: new Map(),
      fired: [],
      nextOffsets: [...outbox.nextOffsets],
      sinceMs: Number.POSITIVE_INFINITY,
      hasErasures: false,
    };
    const { nextOffsets } = stretch;
    for await (const { partition, firstOffset, records: bytes, logTimeMs, headers } of log.read(nextOffsets)) {
      stretch.sinceMs = Math.min(stretch.sinceMs, logTimeMs);
      records.reset(bytes);
      for (let offset = firstOffset; records.next(); offset++) {
        if (offset < nextOffsets[partition]) continue;
        if (stretch.customers.size >= LIMITS.streamBatchCustomersMax) return stretch;
        if (offset >= until[partition]) break;
        this.take(stretch, headers?.get(offset));
        nextOffsets[partition] = offset + 1;
      }
    }
    for (const [partition, offset] of log.passed(nextOffsets).entries())
      nextOffsets[partition] = Math.max(nextOffsets[partition], Math.min(offset, until[partition]));
    return stretch;
  }

  private take(stretch: Stretch, headers: MessageHeaders | undefined): void {
    const { records } = this;
    if (records.isResidue || records.typeCode === ERASED) {
      stretch.hasErasures = true;
      return;
    }
    const customer = this.ownId(records.subject());
    if (customer === undefined) return;
    stretch.customers.set(customer, causeOf(records, headers));
    if (records.typeCode !== TRIGGER_FIRED) return;
    const { name } = records.data() as { name: string };
    stretch.fired.push({ customer, name, at: formatTime(records.timeMs) });
  }

  /** @returns undefined where the state knows nobody by an id, such as that of an item */
  private ownId(id: string): string | undefined {
    const { reader } = this.parts;
    for (;;) {
      const outcome = reader.read(id, 0, false, this.values);
      if (outcome !== 'busy') return outcome === 'unknown' ? undefined : reader.ownId;
    }
  }

  private decide(customers: readonly string[], into: Map<string, Decision>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let left = customers.length;
    const done = (error: BeckonError | undefined, decision: Decision | undefined): void => {
      if (decision === undefined) reject(error);
      else if (decision.known) into.set(decision.customerId, decision);
      if (--left === 0) resolve();
    };
    for (const customerId of customers) this.parts.decider.decide({ customerId, atMs: undefined }, done);
    return promise;
  }

  /** What goes out: triggers first, each with the decision that the customer has now. */
  private changes(
    { fired, customers }: Stretch,
    decisions: ReadonlyMap<string, Decision>,
  ): { messages: OutMessage[]; latest: Map<string, LatestDecision> } {
    const messages: OutMessage[] = [];
    const latest = new Map<string, LatestDecision>();
    const causeFor = (customer: string): MessageHeaders => customers.get(customer) ?? [];
    for (const { customer, name, at } of fired) {
      const decision = decisions.get(customer);
      if (decision === undefined) continue;
      const campaign = decision.decision.campaignId;
      const body = { type: 'trigger.fired', name, firedAt: at, ...shown(decision) };
      const headers = causeFor(customer);
      messages.push({ customer, campaign, campaignBefore: undefined, body: JSON.stringify(body), headers });
    }
    for (const [customer, decision] of decisions) {
      const { actionId, channel, campaignId: campaign } = decision.decision;
      const now = JSON.stringify([actionId, channel ?? null, campaign ?? null]);
      const before = this.parts.outbox.latest(customer);
      // Whoever was never decided for was left alone.
      if (now === (before?.decision ?? HELD)) continue;
      latest.set(customer, { decision: now, campaign });
      const body = JSON.stringify({ type: 'decision.made', ...shown(decision) });
      messages.push({ customer, campaign, campaignBefore: before?.campaign, body, headers: causeFor(customer) });
    }
    return { messages, latest };
  }

  /** The state knows nobody any more by the ids of somebody who was erased, whichever id the erasure named. */
  private forgetErased(): void {
    const { outbox } = this.parts;
    const gone = [...outbox.customers()].filter((customer) => this.ownId(customer) === undefined);
    if (gone.length > 0) outbox.forget(gone);
  }
}

const shown = ({ decisionId, customerId, at, asOf, decision, segments, scores }: Decision): ToldDecision => ({
  decisionId,
  customerId,
  at,
  offset: asOf.offset,
  campaignId: decision.campaignId,
  decision,
  segments,
  scores,
});
