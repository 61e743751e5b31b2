import { HOUR_MS } from './calendar.ts';
import { call } from './calls.ts';
import { draw, drawExponential, PURPOSE } from './draws.ts';
import { type Contact, takeEffect, yesChance } from './effects.ts';
import { bother, contactData } from './goodwill.ts';
import { needOf } from './need.ts';
import { decisionId, issueCoupon } from './orders.ts';
import { conditionsOf, mayContact } from './reach.ts';
import { annoyance, irritationOf, reachChance } from './response.ts';
import { KIND } from './words.ts';
import type { World } from './world.ts';

const CAMPAIGNS = ['always-on', 'call-list'] as const;
const DELIVERY_MS = 4000;

/** Sends the contact that waits for today, if a person has one. */
export const sendWaiting = (world: World, p: number): void => {
  const { people, today } = world;
  const sentMs = people.waitingMs[p];
  if (sentMs === 0 || sentMs >= today.startMs + 24 * HOUR_MS) return;
  people.waitingMs[p] = 0;
  const { truth, ledger } = world;
  const channel = people.waitingChannel[p];
  // The sender's own gate: consent may have been taken back since the advice.
  if (!mayContact(world, p, channel)) {
    ledger.blocked++;
    return;
  }
  const action = truth.actions[people.waitingAction[p]];
  const contact: Contact = {
    p,
    action,
    channel,
    sentMs,
    decision: people.waitingDecision[p],
    campaignId: CAMPAIGNS[people.waitingCampaign[p]],
    bits: conditionsOf(world, p),
    need: people.kind[p] === KIND.regular && people.isGone[p] === 0 ? needOf(world, p) : 0,
  };
  ledger.contacts++;
  ledger.cost += truth.channels[channel].cost;
  people.contactMs[p] = sentMs;
  people.sent[p * truth.channels.length + channel]++;
  if (action.result === 'calm') people.careMs[p] = sentMs;
  if (action.face > 0) issueCoupon(world, p, sentMs, action.face, action.validityDays ?? 7, contact.decision);
  if (truth.channels[channel].isCall) call(world, contact);
  else send(world, contact);
};

const send = (world: World, contact: Contact): void => {
  const { p, channel, sentMs, action } = contact;
  const { people, truth, today, figures } = world;
  const kind = truth.channels[channel];
  const key = people.key[p];
  const u = (purpose: number): number => draw(key, purpose, today.day);
  const data = contactData(world, contact);
  world.tell(p, 'contact.sent', sentMs, data);
  if (kind.name === 'sms' && action.kind === 'sell') figures.smsSent++;
  const annoyed = annoyance(world, irritationOf(world, p, world.dayAt(sentMs)));
  if (u(PURPOSE.bounce) < truth.file.observation.bounced) {
    world.tell(p, 'contact.bounced', sentMs + DELIVERY_MS, data);
    return;
  }
  world.tell(p, 'contact.delivered', sentMs + DELIVERY_MS, data);
  bother(world, contact);
  const hour = world.hourAt(p, sentMs);
  if (u(PURPOSE.seen) >= reachChance(world, p, channel, hour, today.isWeekend, annoyed)) return;
  const seenMs = sentMs + Math.min(40, drawExponential(key, PURPOSE.delay, today.day) * kind.delayHours) * HOUR_MS;
  const z = takeEffect(world, contact, seenMs, annoyed);
  const clicks = draw(key, PURPOSE.click, today.day) < yesChance(world, kind.click, z);
  const isHeardOf = draw(key, PURPOSE.click, today.day + 5000) < kind.opened;
  if (isHeardOf || (clicks && kind.opened > 0)) world.tell(p, 'contact.opened', seenMs, data);
  const replies = u(PURPOSE.reply) < kind.reply;
  if (clicks) {
    world.tell(p, 'contact.clicked', seenMs + 15_000, data);
    people.pushDecision[p] = contact.decision;
  }
  if (replies) {
    world.tell(p, 'contact.replied', seenMs + 60_000, data);
    const cause = `"decisionId":"${decisionId(world, p, contact.decision)}"`;
    world.tell(p, 'message.received', seenMs + 61_000, `{"channel":"${kind.name}",${cause}}`);
  }
  if (!clicks && !replies) return;
  people.responded[p * truth.channels.length + channel]++;
  if (kind.name === 'sms' && action.kind === 'sell') figures.smsResponded++;
};
