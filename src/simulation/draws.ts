import { mix32 } from '../base/hash.ts';

/** What a number is drawn for. A purpose and a time give one number of a person, whatever else was drawn before. */
export const PURPOSE = {
  person: 1,
  joining: 2,
  source: 3,
  kind: 4,
  priceClass: 5,
  role: 6,
  zone: 7,
  taste: 8,
  use: 9,
  usesCategory: 10,
  basket: 11,
  channelLiking: 12,
  answering: 13,
  hours: 14,
  hourShift: 15,
  halfLife: 16,
  irritability: 17,
  trait: 18,
  consent: 19,
  alias: 20,
  linkDay: 21,
  missing: 22,
  profile: 23,
  actionLiking: 24,
  cycle: 25,
  buy: 26,
  buyHour: 27,
  cause: 28,
  leak: 29,
  line: 30,
  quantity: 31,
  redeem: 32,
  refund: 33,
  afterOrder: 34,
  view: 35,
  viewHour: 36,
  content: 37,
  live: 38,
  dropout: 39,
  seen: 40,
  delay: 41,
  click: 42,
  reply: 43,
  bounce: 44,
  complaint: 45,
  dialed: 46,
  talk: 47,
  interest: 48,
  result: 49,
  mood: 50,
  season: 51,
  awakening: 52,
  observed: 53,
  decisionMix: 54,
  decisionAction: 55,
  decisionChannel: 56,
  decisionHour: 57,
  decisionPhase: 58,
  firstOrder: 59,
  bot: 60,
  stockUp: 61,
  optOut: 62,
} as const;

const GOLDEN = 0x9e3779b1;
const TWO_32 = 2 ** 32;

/** The key of a person's generator. */
export const personKey = (seed: number, person: number): number =>
  mix32(mix32(seed ^ 0x51ed270b) ^ Math.imul(person + 1, GOLDEN));

/**
 * Uniform in (0, 1), a fixed function of its arguments, so that two policies meet the same luck.
 * @param time a day, or whatever tells draws of one purpose apart
 */
export const draw = (key: number, purpose: number, time: number): number =>
  (mix32(key ^ mix32(Math.imul(purpose, GOLDEN) + Math.imul(time, 0x85ebca6b))) + 0.5) / TWO_32;

/** The quantile of the standard normal distribution (Acklam's rational approximation, 1e-9 relative). */
const quantile = (p: number): number => {
  if (p < 0.02425) return tail(Math.sqrt(-2 * Math.log(p)));
  if (p > 0.97575) return -tail(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  return (
    ((((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
      30.66479806614716) *
      r +
      2.506628277459239) *
      q) /
    (((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
      13.28068155288572) *
      r +
      1)
  );
};

const tail = (q: number): number =>
  (((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q +
    4.374664141464968) *
    q +
    2.938163982698783) /
  ((((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1);

/** Standard normal. */
export const drawNormal = (key: number, purpose: number, time: number): number => quantile(draw(key, purpose, time));

/** Gamma with mean 1 and this shape (Wilson-Hilferty); small shapes make few heavy users. */
export const drawGamma = (key: number, purpose: number, time: number, shape: number): number => {
  const third = 1 / (9 * shape);
  return Math.max(0.02, 1 - third + drawNormal(key, purpose, time) * Math.sqrt(third)) ** 3;
};

/** Exponential with mean 1. */
export const drawExponential = (key: number, purpose: number, time: number): number =>
  -Math.log(draw(key, purpose, time));

/** The first index whose running sum of shares exceeds `u`; the last where none does. */
export const pick = (u: number, shares: ArrayLike<number>): number => {
  let left = u;
  const last = shares.length - 1;
  for (let i = 0; i < last; i++) {
    left -= shares[i];
    if (left < 0) return i;
  }
  return last;
};

export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
