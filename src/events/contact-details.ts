/**
 * Phone numbers and e-mail addresses do not belong into attributes: they would sit in rows, exports and explanations.
 * Aliases (`phone:…`, `email:…`) are their place. This is a net for mistakes, not a proof.
 */

const EMAIL = /[^\s@]+@[^\s@]+\.[^\s@]{2,}/;
/** Nothing but digits, with the punctuation that people put between them. */
const DIALED = /^(?:tel:)?\+?[\d ()-]+$/i;
/** A long run of digits inside a sentence; hyphens and dots beside it make it part of a UUID or a decimal number. */
const RUN = /(?<![\w.-])\+?\d{11,15}(?![\w.-])/;
const DIGITS_MIN = 11;
/** With a leading plus it is an international number, and those are as short as this. */
const PLUS_DIGITS_MIN = 8;
const DIGITS_MAX = 15;
/** `a@b.cn`. */
const SHORTEST = 6;
/** Mainland mobile numbers sent as JSON numbers: 11 digits, 13… to 19…; epoch milliseconds have 13. */
const MOBILE_FROM = 13_000_000_000;
const MOBILE_TO = 19_999_999_999;

const digitsOf = (text: string): number => {
  let digits = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 48 && text.charCodeAt(i) <= 57) digits++;
  return digits;
};

/** What a value looks like, or undefined. ISO dates, decimals and UUIDs pass. */
const contactDetail = (value: unknown): 'a phone number' | 'an e-mail address' | undefined => {
  if (typeof value === 'number')
    return value >= MOBILE_FROM && value <= MOBILE_TO && Number.isInteger(value) ? 'a phone number' : undefined;
  if (typeof value !== 'string' || value.length < SHORTEST) return undefined;
  if (EMAIL.test(value)) return 'an e-mail address';
  const trimmed = value.trim();
  if (DIALED.test(trimmed)) {
    const digits = digitsOf(trimmed);
    const least = trimmed.includes('+') ? PLUS_DIGITS_MIN : DIGITS_MIN;
    if (digits >= least && digits <= DIGITS_MAX) return 'a phone number';
  }
  return RUN.test(value) ? 'a phone number' : undefined;
};

/** The first contact detail in the data of `profile.updated`, as a sentence, or undefined. */
export const profileProblem = (data: Readonly<Record<string, unknown>>): string | undefined => {
  for (const field of ['attributes', 'tagsAdded', 'tagsRemoved']) {
    const values = data[field];
    if (values === undefined) continue;
    for (const [name, value] of Object.entries(values as object)) {
      for (const single of Array.isArray(value) ? value : [value]) {
        const detail = contactDetail(single);
        if (detail === undefined) continue;
        const where = field === 'attributes' ? `data.attributes.${name.slice(0, 64)}` : `data.${field}`;
        return `${where} looks like ${detail}; send it as an alias with identity.linked instead`;
      }
    }
  }
  return undefined;
};
