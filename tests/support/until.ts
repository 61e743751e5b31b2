import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 50;
const LOOKS_MAX = 600;

/** Waits for a fact, at most half a minute. */
export const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  for (let looks = 0; !(await isSo()); looks++) {
    if (looks === LOOKS_MAX) throw new Error(`not so after ${(LOOKS_MAX * LOOK_MS) / 1000} s: ${isSo}`);
    await delay(LOOK_MS);
  }
};
