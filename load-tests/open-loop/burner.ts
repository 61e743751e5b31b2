/** Takes a part of a core, as other work on it would. */
import { setTimeout as delay } from 'node:timers/promises';
import { answerQuestions } from '../../bench/child-side.ts';

const SLICE_MS = 5;

const burn = async ({ part, durationMs }: { part: number; durationMs: number }): Promise<void> => {
  const startMs = performance.now();
  for (let usedMs = 0; ; ) {
    const passedMs = performance.now() - startMs;
    if (passedMs >= durationMs) return;
    if (usedMs >= passedMs * part) await delay(1);
    else {
      const cpu = process.cpuUsage();
      const sliceEndMs = performance.now() + SLICE_MS * part;
      while (performance.now() < sliceEndMs);
      const { user, system } = process.cpuUsage(cpu);
      usedMs += (user + system) / 1000;
    }
  }
};

answerQuestions({ burn });
