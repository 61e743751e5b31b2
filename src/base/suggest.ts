import { closest, distance } from 'fastest-levenshtein';

/**
 * The candidate that a mistyped word most likely meant.
 * @returns undefined where none is near: two swapped letters count as 2 changes, and more than 3 are never near.
 */
export const suggest = (word: string, candidates: readonly string[]): string | undefined => {
  if (candidates.length === 0 || word.length > 256) return undefined;
  const best = closest(word, candidates);
  const changesMax = word.length < 4 ? 1 : word.length < 9 ? 2 : 3;
  return distance(word, best) <= changesMax ? best : undefined;
};

/** The end of a sentence about a mistyped name: `, did you mean \`x\`?`, empty where no candidate is near. */
export const didYouMean = (word: string, candidates: readonly string[]): string => {
  const near = suggest(word, candidates);
  return near === undefined ? '' : `, did you mean \`${near}\`?`;
};
