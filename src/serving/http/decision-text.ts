import fastJson from 'fast-json-stringify';
import type { TObject, TSchema } from 'typebox';
import type { CallAnswer, Candidate, ChannelAnswer, Decision } from '../../decisions/decision.ts';
import { AsciiWriter } from './ascii-writer.ts';

const writeCandidate = (out: AsciiWriter, { actionId, channel, sendAt, expectedValue, terms }: Candidate): void => {
  out.text('{"actionId":"').text(actionId).text('","expectedValue":').number(expectedValue);
  if (terms === undefined || channel === undefined || sendAt === undefined) {
    out.text(',"hold":true}');
    return;
  }
  const { reach, respond, value, discount, lever, cost, fatigue, budget } = terms;
  out.text(',"channel":"').text(channel).text('","sendAt":"').text(sendAt);
  out.text('","terms":{"reach":').number(reach).text(',"respond":').number(respond).text(',"value":').number(value);
  out.text(',"discount":').number(discount).text(',"lever":').number(lever).text(',"cost":').number(cost);
  out.text(',"fatigue":').number(fatigue).text(',"budget":').number(budget).text('}}');
};

const writeChannel = (out: AsciiWriter, { channel, propensity, allowed, rule }: ChannelAnswer): void => {
  out.text('{"channel":"').text(channel);
  if (propensity === undefined) out.text('"');
  else out.text('","propensity":').number(propensity);
  if (rule === undefined) out.text(allowed ? ',"allowed":true}' : ',"allowed":false}');
  else out.text(',"allowed":false,"rule":"').text(rule).text('"}');
};

const writeCall = (out: AsciiWriter, call: CallAnswer): void => {
  const { propensity, answer, convert, expectedValue, bestHour, callNow } = call;
  out.text(',"call":{"propensity":').number(propensity).text(',"answer":').number(answer).text(',"convert":');
  out.number(convert).text(',"expectedValue":').number(expectedValue).text(',"bestHour":').number(bestHour);
  out.text(callNow ? ',"callNow":true}' : ',"callNow":false}');
};

const writeList = <T>(out: AsciiWriter, items: readonly T[], write: (out: AsciiWriter, item: T) => void): void => {
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out.text(',');
    write(out, items[i]);
  }
};

/**
 * The decision as JSON text: routes and the worker pool write the same bytes. fast-json-stringify, with the schema, writes
 * all but the parts that are mostly numbers: joining those from strings would take longer than deciding does. Their texts
 * are names of the pack and times, in which nothing needs escaping.
 */
export const decisionStringifier = (schema: TSchema): ((decision: Decision) => string) => {
  const { ranked, channels, call, ...properties } = (schema as TObject).properties;
  const required = Object.keys(properties).filter((name) => (schema as TObject).required?.includes(name));
  const rest = fastJson({ type: 'object', properties, required } as Parameters<typeof fastJson>[0]);
  const out = new AsciiWriter();
  return (decision) => {
    out.text(',"ranked":[');
    writeList(out, decision.ranked, writeCandidate);
    out.text('],"channels":[');
    writeList(out, decision.channels, writeChannel);
    out.text(']');
    if (decision.call !== undefined) writeCall(out, decision.call);
    return rest(decision).slice(0, -1) + out.text('}').take();
  };
};
