import type { Advice, CallAnswer, Candidate, ChannelAnswer, Decision, Suppression } from '../../decisions/decision.ts';
import { MessageWriter } from './message-writer.ts';

/**
 * Tags of the fields of `decision.proto`, field by field: number × 8 + wire type (0 a number without a point, 1 a double, 2 a
 * text or message). What the definitions leave out where it is empty is left out here.
 */
const writeAdvice = (out: MessageWriter, advice: Advice): void => {
  const { channel, sendAt, expiresAt, campaignId, address, params } = advice;
  if (advice.actionId !== '') out.text(0x0a, advice.actionId);
  if (channel !== undefined) out.text(0x12, channel);
  if (sendAt !== undefined) out.text(0x1a, sendAt);
  if (expiresAt !== undefined) out.text(0x22, expiresAt);
  if (advice.expectedValue !== 0) out.double(0x29, advice.expectedValue);
  if (advice.selectionProbability !== 0) out.double(0x31, advice.selectionProbability);
  if (advice.hold) out.yes(0x38);
  if (campaignId !== undefined) out.text(0x42, campaignId);
  if (address !== undefined) out.text(0x4a, address);
  if (params !== undefined) writeParams(out, params);
};

/** As a `google.protobuf.Struct`. */
const writeParams = (out: MessageWriter, params: Readonly<Record<string, string | number>>): void => {
  const struct = out.open(0x52);
  for (const name in params) {
    const given = params[name];
    const field = out.open(0x0a);
    if (name !== '') out.text(0x0a, name);
    const value = out.open(0x12);
    if (typeof given === 'number') out.double(0x11, given);
    else out.text(0x1a, given);
    out.close(value);
    out.close(field);
  }
  out.close(struct);
};

const writeCandidate = (out: MessageWriter, { actionId, channel, sendAt, expectedValue, hold, terms }: Candidate) => {
  if (actionId !== '') out.text(0x0a, actionId);
  if (channel !== undefined) out.text(0x12, channel);
  if (sendAt !== undefined) out.text(0x1a, sendAt);
  if (expectedValue !== 0) out.double(0x21, expectedValue);
  if (hold === true) out.yes(0x28);
  if (terms === undefined) return;
  const within = out.open(0x32);
  if (terms.reach !== 0) out.double(0x09, terms.reach);
  if (terms.respond !== 0) out.double(0x11, terms.respond);
  if (terms.value !== 0) out.double(0x19, terms.value);
  if (terms.discount !== 0) out.double(0x21, terms.discount);
  if (terms.lever !== 0) out.double(0x29, terms.lever);
  if (terms.cost !== 0) out.double(0x31, terms.cost);
  if (terms.fatigue !== 0) out.double(0x39, terms.fatigue);
  if (terms.budget !== 0) out.double(0x41, terms.budget);
  out.close(within);
};

const writeChannel = (out: MessageWriter, { channel, propensity, allowed, rule }: ChannelAnswer): void => {
  if (channel !== '') out.text(0x0a, channel);
  if (propensity !== undefined) out.double(0x11, propensity);
  if (allowed) out.yes(0x18);
  if (rule !== undefined) out.text(0x22, rule);
};

const writeCall = (out: MessageWriter, call: CallAnswer): void => {
  if (call.propensity !== 0) out.double(0x09, call.propensity);
  if (call.answer !== 0) out.double(0x11, call.answer);
  if (call.convert !== 0) out.double(0x19, call.convert);
  if (call.expectedValue !== 0) out.double(0x21, call.expectedValue);
  if (call.bestHour !== 0) out.whole(0x28, call.bestHour);
  if (call.callNow) out.yes(0x30);
};

const writeSuppression = (out: MessageWriter, { actionId, channel, rule }: Suppression): void => {
  if (actionId !== '') out.text(0x0a, actionId);
  if (channel !== '') out.text(0x12, channel);
  if (rule !== '') out.text(0x1a, rule);
};

/** As a map of texts. */
export const writeTexts = (out: MessageWriter, tag: number, texts: Readonly<Record<string, string>>): void => {
  for (const name in texts) {
    const entry = out.open(tag);
    if (name !== '') out.text(0x0a, name);
    if (texts[name] !== '') out.text(0x12, texts[name]);
    out.close(entry);
  }
};

const writeList = <T>(
  out: MessageWriter,
  tag: number,
  list: readonly T[],
  write: (out: MessageWriter, one: T) => void,
): void => {
  for (let i = 0; i < list.length; i++) {
    const within = out.open(tag);
    write(out, list[i]);
    out.close(within);
  }
};

/** Tag of one of the results of a `ScoreBatchResponse`. */
export const RESULTS = 0x0a;

/** Writes decisions in the form of `decision.proto`, byte for byte as generated code would. */
export class DecisionWriter {
  readonly out = new MessageWriter();
  /** Answers name the same models until those change. */
  private models: Decision['models'] | undefined;
  private modelBytes: Uint8Array = Buffer.alloc(0);

  /** @param tag of the field that the decision is */
  write(tag: number, decision: Decision): void {
    const { out } = this;
    const within = out.open(tag);
    const { decisionId, customerId, at, asOf, call, scores } = decision;
    if (decisionId !== '') out.text(0x0a, decisionId);
    if (customerId !== '') out.text(0x12, customerId);
    if (decision.known) out.yes(0x18);
    if (at !== '') out.text(0x22, at);
    const state = out.open(0x2a);
    if (asOf.offset !== 0) out.whole(0x08, asOf.offset);
    if (asOf.lagMs !== 0) out.whole(0x10, asOf.lagMs);
    out.close(state);
    const advice = out.open(0x32);
    writeAdvice(out, decision.decision);
    out.close(advice);
    writeList(out, 0x3a, decision.ranked, writeCandidate);
    writeList(out, 0x42, decision.channels, writeChannel);
    if (call !== undefined) {
      const answer = out.open(0x4a);
      writeCall(out, call);
      out.close(answer);
    }
    writeTexts(out, 0x52, decision.segments);
    writeList(out, 0x5a, decision.suppressed, writeSuppression);
    out.fields(this.modelsOf(decision));
    for (const name in scores) {
      const score = out.open(0x6a);
      if (name !== '') out.text(0x0a, name);
      if (scores[name] !== 0) out.double(0x11, scores[name]);
      out.close(score);
    }
    if (decision.degraded === true) out.yes(0x70);
    out.close(within);
  }

  private modelsOf({ models }: Decision): Uint8Array {
    if (models === this.models) return this.modelBytes;
    const out = new MessageWriter();
    writeTexts(out, 0x62, models);
    this.models = models;
    this.modelBytes = out.take();
    return this.modelBytes;
  }
}
