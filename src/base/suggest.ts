import { distance } from 'fastest-levenshtein';

/** Longer words are no slip of the keyboard, and comparing them would cost more than the answer is worth. */
const WORD_CHARS_MAX = 48;

/** The candidate that a mistyped word most likely meant, or undefined where none is near. Case is ignored. */
export const suggest = (word: string, candidates: Iterable<string>): string | undefined => {
  if (word.length === 0 || word.length > WORD_CHARS_MAX) return undefined;
  const typed = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.floor(word.length / 3) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - typed.length) >= bestDistance) continue;
    const far = distance(typed, candidate.toLowerCase());
    if (far >= bestDistance) continue;
    best = candidate;
    bestDistance = far;
  }
  return best;
};
