type Handler = (payload: never) => unknown;

/** Answers the questions of the bench, in a process that it has started, until the bench lets go of it. */
export const answerQuestions = (handlers: Readonly<Record<string, Handler>>): void => {
  process.on('message', async ({ id, name, payload }: { id: number; name: string; payload: never }) => {
    try {
      process.send?.({ id, value: await handlers[name](payload) });
    } catch (error) {
      process.send?.({ id, error: (error as Error).stack });
    }
  });
  process.on('disconnect', () => process.exit(0));
};

/** Runs a piece of work again and again for a time. @returns pieces done, with the time that they took */
export const runFor = (durationMs: number, work: () => void): { pieces: number; wallSec: number; cpuSec: number } => {
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  let pieces = 0;
  while (performance.now() - startMs < durationMs) {
    work();
    pieces++;
  }
  const wallSec = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(startCpu);
  return { pieces, wallSec, cpuSec: (user + system) / 1e6 };
};
