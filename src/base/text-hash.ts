import { hashText } from './hash.ts';

const SEED = 0x61747472;

/** 32-bit hash of a short text, never 0, which can so stand for no text. */
export const textHash = (text: string): number => {
  const hash = hashText(text, SEED);
  return hash === 0 ? 1 : hash;
};
