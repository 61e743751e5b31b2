import { HOUR_MS } from './calendar.ts';
import { draw, PURPOSE } from './draws.ts';
import type { Contact } from './effects.ts';
import { decisionId } from './orders.ts';
import { bitOfChannel } from './reach.ts';
import { annoyance, irritate, irritationOf } from './response.ts';
import type { World } from './world.ts';

/** The data of a contact's events. */
export const contactData = (world: World, { p, channel, decision, action, campaignId }: Contact): string => {
  const { setting, people, truth } = world;
  const contactId = `x${setting.seed}-${people.first + p}-${decision}`;
  return `{"channel":"${truth.channels[channel].name}","contactId":"${contactId}","decisionId":"${decisionId(world, p, decision)}","actionId":"${action.id}","campaignId":"${campaignId}"}`;
};

/** What a contact costs in goodwill: irritation, and what comes of it. */
export const bother = (world: World, contact: Contact): void => {
  const { p, channel, sentMs, action } = contact;
  const { people, truth, today, ledger } = world;
  const { irritation, value } = truth.file;
  const units = truth.channels[channel].irritation * people.irritability[p];
  const atDay = world.dayAt(sentMs);
  irritate(world, p, atDay, units);
  ledger.irritation += units * value.irritation;
  const annoyed = annoyance(world, irritationOf(world, p, atDay));
  const key = people.key[p];
  const chance = (share: number): number =>
    Math.min(1, share * annoyed * (action.kind === 'sell' ? 1 : irritation.gentle));
  if (draw(key, PURPOSE.complaint, today.day) < chance(irritation.complaint)) complain(world, contact);
  const unsubscribes = draw(key, PURPOSE.optOut, today.day) < chance(irritation.optOut);
  if (unsubscribes) revoke(world, p, channel, sentMs + 2 * HOUR_MS);
  if (people.isFriend[p] === 1 && draw(key, PURPOSE.optOut, today.day + 5000) < chance(irritation.unfriend)) {
    people.isFriend[p] = 0;
    ledger.relations -= value.friend;
    world.tell(p, 'friend.removed', sentMs + 3 * HOUR_MS, `{"staffId":"staff-${key % 25}"}`);
  }
  if (draw(key, PURPOSE.dropout, today.day * 8 + 4) < chance(irritation.leave)) people.isGone[p] = 1;
};

const complain = (world: World, contact: Contact): void => {
  const { p, sentMs } = contact;
  const { people, ledger } = world;
  const atMs = sentMs + HOUR_MS;
  ledger.complaints++;
  people.complaintMs[p] = atMs;
  world.tell(p, 'contact.complained', atMs, contactData(world, contact));
};

/** Takes consent to a channel back. */
const revoke = (world: World, p: number, channel: number, atMs: number): void => {
  const { people, truth, ledger } = world;
  ledger.optOuts++;
  people.consents[p] &= ~bitOfChannel(channel);
  world.tell(p, 'consent.revoked', atMs, `{"channel":"${truth.channels[channel].name}","purpose":"marketing"}`);
};
