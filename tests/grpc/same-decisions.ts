import assert from 'node:assert/strict';
import { CHANNELS } from '../../src/events/channels.ts';
import { cloudEvent } from '../support/cloud-event.ts';
import { Client } from '../support/http-client.ts';
import { type Owner, startService } from '../support/service.ts';
import { asHttp, comparable } from './as-http.ts';
import { GrpcClient, type Refused, struct } from './grpc-client.ts';

const AT = '2026-01-31T09:00:00.000Z';
const CUSTOMERS = 300;
/** Questions under way. */
const LANES = 16;

/** Numbers from 0 to 1, the same for the same seed. */
const randomOf = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

/** Customers who have ordered differently, and may be reached over different channels. */
const eventsOf = (random: () => number): Record<string, unknown>[] =>
  Array.from({ length: CUSTOMERS }, (_, i) => {
    const about = (id: string, type: string, data: object) =>
      cloudEvent({
        id: `${id}-${i}`,
        subject: `c${i}`,
        type,
        data,
        time: `2025-12-${String((i % 28) + 1).padStart(2, '0')}T10:00:00Z`,
      });
    const orders = Array.from({ length: Math.floor(random() * 4) }, (_, n) =>
      about(`o${n}`, 'order.placed', { orderId: `${i}-${n}`, amount: Math.round(random() * 300) }),
    );
    const channels = CHANNELS.filter(() => random() < 0.5);
    const consents = channels.map((channel) => about(`g-${channel}`, 'consent.granted', { channel }));
    return [...orders, ...consents, about('a', 'identity.linked', { alias: `phone:${i}` })];
  }).flat();

interface Names {
  readonly actions: readonly string[];
  readonly campaigns: readonly string[];
}

/** A question of any form, now and then one that must be refused. */
const questionOf = (random: () => number, { actions, campaigns }: Names): Record<string, unknown> => {
  const some = (of: readonly string[]): string[] => of.filter(() => random() < 0.4);
  const one = (of: readonly string[]): string => of[Math.floor(random() * of.length)];
  const number = Math.floor(random() * (CUSTOMERS + 10));
  const question: Record<string, unknown> = { customerId: random() < 0.2 ? `phone:${number}` : `c${number}`, at: AT };
  const add = (name: string, value: unknown, share = 0.3): void => {
    // An empty list cannot be told from none over gRPC.
    if (random() < share && !(Array.isArray(value) && value.length === 0)) question[name] = value;
  };
  add('campaignId', one(campaigns));
  add('channels', some(CHANNELS));
  add('actions', some(actions));
  add('limit', 1 + Math.floor(random() * 12));
  add('context', { hour: Math.floor(random() * 24), campaign: one(campaigns), isTest: true });
  add('customerId', '', 0.01);
  add('limit', 0, 0.01);
  add('campaignId', 'nobodys', 0.01);
  add('actions', ['nothing'], 0.01);
  add('at', '2024-01-01T00:00:00Z', 0.01);
  return question;
};

/** How many questions were answered with something to do, and how many were refused at both doors with one code. */
export interface Told {
  advised: number;
  refused: number;
}

/** Asks both doors the same, and compares every field. */
export const compareDoors = async (t: Owner, questions: number, seed: number): Promise<Told> => {
  const service = await startService(t, { args: ['--clock', 'log'] });
  const http = new Client(t as never, service.http);
  const client = new GrpcClient(t as never, service.grpc);
  const random = randomOf(seed);
  const events = eventsOf(random);
  for (let from = 0; from < events.length; from += 500)
    assert.deepEqual((await http.events(events.slice(from, from + 500))).json.rejected, []);
  const { json: pack } = await http.ask('/v1/packs/current');
  const names: Names = {
    actions: pack.actions.map(({ actionId }: { actionId: string }) => actionId),
    campaigns: pack.campaigns.map(({ campaignId }: { campaignId: string }) => campaignId),
  };
  let left = questions;
  const told: Told = { advised: 0, refused: 0 };
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const question = questionOf(random, names);
      const { status, json } = await http.score(question);
      const { context, ...rest } = question;
      const message = context === undefined ? rest : { ...rest, context: struct(context as Record<string, string>) };
      const asked = JSON.stringify(question);
      if (status === 200) {
        const { decision } = await client.ask('ScoringService', 'score', message);
        assert.deepEqual(comparable(asHttp(decision)), comparable(json), asked);
        if (!json.decision.hold) told.advised++;
      } else {
        const { details }: Refused = await client.refusal('ScoringService', 'score', message);
        assert.ok(details.includes(json.code), `${asked}: ${json.code} and ${details}`);
        told.refused++;
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return told;
};
