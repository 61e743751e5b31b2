import { HOUR_MS } from './calendar.ts';
import { draw, drawNormal, PURPOSE } from './draws.ts';
import { type Contact, takeEffect, yesChance } from './effects.ts';
import { timeText } from './event-text.ts';
import { bother } from './goodwill.ts';
import { decisionId, placeOrder } from './orders.ts';
import { annoyance, irritationOf, reachChance } from './response.ts';
import type { World } from './world.ts';

const RING_SECONDS = 25;
const PICK_UP_SECONDS = 12;
const CALLBACK_AFTER_MS = 26 * HOUR_MS;

/** How a call ended. */
interface CallEnd {
  readonly disposition: string;
  readonly talkSeconds?: number;
  readonly hangupBy?: 'customer' | 'agent';
  /** More fields of the event, as JSON behind a comma. */
  readonly more?: string;
  /** Since the call was dialed. */
  readonly afterSeconds: number;
}

/** A call: dialed, answered or not, and what was said. */
export const call = (world: World, contact: Contact): void => {
  const { p, channel, sentMs, campaignId, action, decision } = contact;
  const { people, truth, figures } = world;
  const callId = `c${world.setting.seed}-${people.first + p}-${decision}`;
  world.tell(p, 'call.dialed', sentMs, `{"callId":"${callId}","campaignId":"${campaignId}"}`);
  figures.dialed++;
  const annoyed = annoyance(world, irritationOf(world, p, world.dayAt(sentMs)));
  bother(world, contact);
  const end = unanswered(world, contact, annoyed) ?? answered(world, contact, annoyed);
  const talk =
    end.talkSeconds === undefined ? '' : `,"talkSeconds":${end.talkSeconds},"hangupBy":"${end.hangupBy ?? 'agent'}"`;
  const endMs = sentMs + end.afterSeconds * 1000;
  world.tell(
    p,
    'call.ended',
    endMs,
    `{"callId":"${callId}","campaignId":"${campaignId}","disposition":"${end.disposition}","channel":"${truth.channels[channel].name}","decisionId":"${decisionId(world, p, decision)}","actionId":"${action.id}"${talk}${end.more ?? ''}}`,
  );
  if (end.disposition === 'answered_converted') placeOrder(world, p, endMs + 30_000, decision);
};

const unanswered = (world: World, { p, channel, sentMs }: Contact, annoyed: number): CallEnd | undefined => {
  const { people, truth, today, figures } = world;
  const { calls } = truth.file;
  const key = people.key[p];
  if (draw(key, PURPOSE.dialed, -1) < calls.invalid) return { disposition: 'invalid_number', afterSeconds: 2 };
  const u = draw(key, PURPOSE.dialed, today.day);
  if (u < calls.busy) {
    figures.busy++;
    return { disposition: 'busy', afterSeconds: 6 };
  }
  if (u < calls.busy + calls.voicemail) return { disposition: 'voicemail', afterSeconds: RING_SECONDS };
  if (u < calls.busy + calls.voicemail + calls.failed) return { disposition: 'failed', afterSeconds: 3 };
  const hour = world.hourAt(p, sentMs);
  if (draw(key, PURPOSE.seen, today.day) < reachChance(world, p, channel, hour, today.isWeekend, annoyed))
    return undefined;
  figures.noAnswer++;
  return { disposition: 'no_answer', afterSeconds: RING_SECONDS };
};

const answered = (world: World, contact: Contact, annoyed: number): CallEnd => {
  const { p, channel, sentMs, action, decision } = contact;
  const { people, truth, today, figures } = world;
  const { calls } = truth.file;
  const kind = truth.channels[channel];
  const isAi = kind.name === 'ai_call';
  const key = people.key[p];
  const u = (purpose: number, n = 0): number => draw(key, purpose, today.day + n);
  const length = calls.talkSeconds * Math.exp(drawNormal(key, PURPOSE.talk, today.day + 5000) * calls.talkSpread);
  const talked = (disposition: string, share: number, more?: Partial<CallEnd>): CallEnd => {
    const talkSeconds = Math.ceil(length * share);
    return { disposition, talkSeconds, afterSeconds: PICK_UP_SECONDS + talkSeconds, ...more };
  };
  figures.answered++;
  if (isAi) figures.aiAnswered++;
  if (u(PURPOSE.talk) < Math.min(0.9, calls.refused * annoyed)) {
    const optsOut = u(PURPOSE.optOut, 9000) < calls.forGood;
    if (optsOut) people.consents[p] &= ~callBits(world);
    return talked('answered_refused', 0.2, { hangupBy: 'customer', more: optsOut ? ',"optOut":true' : '' });
  }
  const z = takeEffect(world, contact, sentMs + PICK_UP_SECONDS * 1000, annoyed);
  if (u(PURPOSE.click) < yesChance(world, kind.click, z)) {
    if (isAi) figures.aiLeads++;
    people.responded[p * truth.channels.length + channel]++;
    people.pushDecision[p] = decision;
    const atOnce = calls.converted * Math.min(1, people.push[p] * calls.eager);
    const buys = action.result === 'order' && u(PURPOSE.interest) < atOnce;
    return buys
      ? talked('answered_converted', 1.8, { more: ',"intent":"buy"' })
      : talked('answered_interested', 1.6, { more: ',"intent":"interested"' });
  }
  if (u(PURPOSE.interest, 5000) < calls.callback)
    return talked('answered_callback', 0.5, {
      hangupBy: 'customer',
      more: `,"callbackAt":"${timeText(sentMs + CALLBACK_AFTER_MS)}"`,
    });
  const hangsUp = u(PURPOSE.mood, 5000) < calls.hangUp + calls.hangUpAnnoyed * Math.min(1, annoyed);
  return talked('answered_not_interested', 0.8, { hangupBy: hangsUp ? 'customer' : 'agent' });
};

const callBits = ({ truth }: World): number =>
  truth.channels.reduce((bits, { index, isCall }) => (isCall ? bits | (1 << index) : bits), 0);
