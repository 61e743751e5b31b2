/** Of one core, what work in the background takes while it has time. */
const SHARE = 0.1;
/** From here on it takes what it gets: the room that is left may otherwise be full before it ends. */
const HURRY_FROM = 0.5;

/**
 * How long to rest after some work in the background, ms.
 * @param cpuMs that the work has taken
 * @param fill 0 to 1, of the room that its slowness costs
 */
export const restMs = (cpuMs: number, fill: number): number =>
  cpuMs * (1 / SHARE - 1) * Math.max(0, 1 - fill / HURRY_FROM);

/** Rests of a thread that works in the background: a low priority alone leaves it what the cache and the disk are asked for. */
export class Pace {
  private readonly clock = new Int32Array(new SharedArrayBuffer(4));
  private spentUs = cpuUs();

  /** Stands still for as long as the CPU time since the last rest asks for. @param fill as of {@link restMs} */
  rest(fill: number): void {
    Atomics.wait(this.clock, 0, 0, restMs((cpuUs() - this.spentUs) / 1000, fill));
    this.spentUs = cpuUs();
  }
}

const cpuUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};
