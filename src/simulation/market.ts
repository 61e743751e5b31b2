import { readFileSync } from 'node:fs';
import { parseTime } from '../base/clock.ts';
import { BeckonError } from '../base/errors.ts';
import { checkSchema } from '../base/schema-check.ts';
import { suggest } from '../base/suggest.ts';
import { CHANNELS } from '../events/channels.ts';
import { type MarketFile, MarketSchema } from './market-schema.ts';

/** The markets that come with Beckon. Only `plain` is for training; the others are for evaluation alone. */
export const MARKETS = ['plain', 'drift', 'shifted'] as const;

type Json = Record<string, unknown>;

/**
 * Reads a market: one of ours by name, or a file.
 * @param given `plain`, `drift`, `shifted`, or a path
 * @throws BeckonError FILE_UNREADABLE, in the user's words
 */
export const loadMarket = (given: string): MarketFile => {
  const file = extended(readJson(given, ownPath(given) ?? given), given);
  const problem = checkSchema(MarketSchema, file) ?? contradiction(file as MarketFile);
  if (problem !== undefined) throw new BeckonError('FILE_UNREADABLE', `the market ${given}: ${problem}`);
  drifted(file as MarketFile);
  return file as MarketFile;
};

const ownPath = (name: unknown): URL | undefined =>
  (MARKETS as readonly unknown[]).includes(name) ? new URL(`./markets/${name}.json`, import.meta.url) : undefined;

const readJson = (given: string, path: URL | string): Json => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const near = suggest(given, MARKETS);
    const hint = near === undefined ? `there are ${MARKETS.join(', ')}, or name a file` : `did you mean ${near}?`;
    throw new BeckonError('FILE_UNREADABLE', `there is no market ${given}; ${hint}`, { cause });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (cause) {
    throw new BeckonError('FILE_UNREADABLE', `the market ${given} is not JSON: ${(cause as Error).message}`, { cause });
  }
  throw new BeckonError('FILE_UNREADABLE', `the market ${given} must be a JSON object`);
};

/** A market that `extends` one of ours says only what is different. */
const extended = ({ extends: parent, $schema: _, ...own }: Json, given: string): Json => {
  if (parent === undefined) return own;
  const path = ownPath(parent);
  if (path === undefined)
    throw new BeckonError('FILE_UNREADABLE', `the market ${given}: extends must be one of ${MARKETS.join(', ')}`);
  return merged(extended(readJson(parent as string, path), given), own);
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects are merged key by key; everything else, lists too, is replaced. */
const merged = (base: Json, changes: Json): Json => {
  const result: Json = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const before = result[key];
    result[key] = isObject(before) && isObject(value) ? merged(before, value) : value;
  }
  return result;
};

/** The market after its drift. @throws BeckonError where the changes do not fit */
export const drifted = (market: MarketFile): MarketFile => {
  const { drift, ...before } = market;
  if (drift === undefined) return market;
  const after = merged(before, drift.changes as Json);
  const problem = checkSchema(MarketSchema, after) ?? contradiction(after as MarketFile);
  if (problem !== undefined)
    throw new BeckonError('FILE_UNREADABLE', `the market ${market.name} after its drift: ${problem}`);
  const [own, others] = [market.channels, (after as MarketFile).channels].map((channels) => Object.keys(channels));
  if (own.length !== others.length)
    throw new BeckonError('FILE_UNREADABLE', `the market ${market.name}: a drift cannot bring a new channel`);
  return after as MarketFile;
};

/** What a schema cannot say. */
const contradiction = (market: MarketFile): string | undefined => {
  const { channels, actions, items, people, irritation, decisions, calendar, calls, service } = market;
  if (Number.isNaN(parseTime(`${market.start}T00:00:00Z`))) return `start must be a date, not ${market.start}`;
  for (const { name, day } of [...calendar.festivals, ...calendar.promotions])
    if (Number.isNaN(parseTime(`2024-${day}T00:00:00Z`))) return `calendar: ${name} begins on ${day}, which is no day`;
  for (const channel of Object.keys(channels))
    if (!(CHANNELS as readonly string[]).includes(channel)) {
      const near = suggest(channel, CHANNELS);
      return `channels has an unknown channel ${channel}${near === undefined ? '' : `; did you mean ${near}?`}`;
    }
  if (Object.keys(channels).length === 0) return 'channels must have at least one channel';
  for (const [id, action] of Object.entries(actions)) {
    for (const channel of action.channels)
      if (channels[channel] === undefined)
        return `actions.${id}.channels names ${channel}, which channels does not have`;
    if (action.faceValue !== undefined && action.validityDays === undefined)
      return `actions.${id}.faceValue needs validityDays`;
  }
  const festivals = calendar.festivals.map(({ name }) => name);
  for (const { sku, festival } of items)
    if (festival !== undefined && !festivals.includes(festival))
      return `items: ${sku} belongs to ${festival}, which calendar.festivals does not have`;
  if (new Set(items.map(({ sku }) => sku)).size < items.length) return 'items has an sku twice';
  if (people.regular + people.sleepers > 1) return 'people.regular and people.sleepers add up to more than 1';
  if (people.aliases.late + people.aliases.never > 1) return 'people.aliases.late and never add up to more than 1';
  if (calls.busy + calls.voicemail + calls.failed > 1) return 'calls.busy, voicemail and failed add up to more than 1';
  if (irritation.halfLifeDays[0] > irritation.halfLifeDays[1]) return 'irritation.halfLifeDays must rise';
  if (decisions.fromHour >= decisions.toHour) return 'decisions.fromHour must lie before toHour';
  if (service.tiers.some((tier, i) => i > 0 && tier <= service.tiers[i - 1])) return 'service.tiers must rise';
  return undefined;
};
