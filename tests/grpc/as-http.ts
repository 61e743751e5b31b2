import { type Message, plain } from './grpc-client.ts';

/** A decision of `decision.proto` in the form of `POST /v1/score`. */
export const asHttp = ({ decision, ranked, asOf, hold: _hold, degraded: _degraded, ...rest }: Message): Message => ({
  ...rest,
  asOf: { offset: asOf.offset ?? 0 },
  decision: { expectedValue: 0, hold: false, ...decision, ...(decision.params && { params: plain(decision.params) }) },
  ranked: (ranked ?? []).map(({ hold, ...one }: Message) => ({
    expectedValue: 0,
    ...one,
    ...(hold === true && { hold }),
  })),
  suppressed: rest.suppressed ?? [],
  known: rest.known ?? false,
  reasons: [],
});

/** What may differ between two answers to one question; zeros are left out of messages. */
export const comparable = (value: Message): Message => {
  const { decisionId: _id, asOf, ...rest } = value;
  return JSON.parse(
    JSON.stringify({ ...rest, offset: asOf.offset }, (_key, v) => (v === 0 || v === false ? undefined : v)),
  );
};
