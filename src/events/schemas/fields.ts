import { Type } from 'typebox';
import { CHANNELS, DISPOSITIONS } from '../channels.ts';

/** The words of the schemas. The formats `id` and `text` bound bytes, not characters. */

/** Attributes of one update: several times the widest table of real data. */
export const ATTRIBUTES_MAX = 256;
/** Tags, skills and other lists of short names in one event. */
const NAMES_MAX = 200;
/** Beyond this a money amount is a unit error; it also keeps a sum of minor units far below 2^53. */
const MONEY_MAX = 1e12;
const DAYS_MAX = 36_600;
/** 100 years: longer than anything that a customer does. */
const SECONDS_MAX = DAYS_MAX * 86_400;

export const id = Type.String({ format: 'id' });
export const text = Type.String({ format: 'text' });
export const time = Type.String({ format: 'date-time' });
export const flag = Type.Boolean();
/** In the pack's currency, never negative. */
export const money = Type.Number({ minimum: 0, maximum: MONEY_MAX });
/** A value that may be a loss. */
export const signed = Type.Number({ minimum: -MONEY_MAX, maximum: MONEY_MAX });
/** How many of something; parts are allowed, such as 0.35 kg. */
export const count = Type.Number({ minimum: 0, maximum: 1e9 });
export const seconds = Type.Number({ minimum: 0, maximum: SECONDS_MAX });
export const days = Type.Number({ minimum: 0, maximum: DAYS_MAX });
/** A share, or the chance with which something was drawn. */
export const share = Type.Number({ minimum: 0, maximum: 1 });
/** Of the customer's day. */
export const hour = Type.Integer({ minimum: 0, maximum: 23 });
export const channel = Type.Enum([...CHANNELS]);
export const channelOrAll = Type.Enum([...CHANNELS, '*']);
export const disposition = Type.Enum([...DISPOSITIONS]);
export const names = Type.Array(text, { maxItems: NAMES_MAX });

/** A value of `profile.updated`; null unsets it. */
export const attribute = Type.Unsafe<number | boolean | string | string[] | null>({
  type: ['number', 'boolean', 'string', 'array', 'null'],
  format: 'text',
  maxItems: NAMES_MAX,
  items: { type: 'string', format: 'text' },
});
export const attributeText = Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'text' });
export const attributeNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] });

/** A property of an item: no person stands behind it, so a barcode may look like a phone number. */
export const property = Type.Unsafe<number | boolean | string | null>({
  type: ['number', 'boolean', 'string', 'null'],
  format: 'text',
});

export const optional = Type.Optional;

/** What an event may name as its cause. */
export const cause = { decisionId: optional(id), campaignId: optional(id), staffId: optional(id) };
