import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second, whatever its own tick. */
const TICKS_PER_SEC = 100;
/** Positions after the command's name, which may hold spaces. */
const UTIME = 11;
const CHILDREN_UTIME = 13;

const ticks = (pid: number | 'self', field: number): number => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[field]) + Number(fields[field + 1])) / TICKS_PER_SEC;
  } catch {
    return Number.NaN;
  }
};

/** CPU seconds that all threads of a process have used so far, user and system; NaN where the system does not say. */
export const cpuSecOf = (pid: number): number => ticks(pid, UTIME);

/** Seconds that each thread of a process has run, and that it was ready to run and did not, by its id. */
export type ThreadTimes = ReadonlyMap<string, { readonly ranSec: number; readonly waitedSec: number }>;

const NS_PER_SEC = 1e9;

/** Of the threads that there are now; none where the system does not say. */
export const threadTimesOf = (pid: number): ThreadTimes => {
  const folder = `/proc/${pid}/task`;
  const times = new Map<string, { ranSec: number; waitedSec: number }>();
  for (const thread of existsSync(folder) ? readdirSync(folder) : []) {
    try {
      const [ran, waited] = readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ').map(Number);
      times.set(thread, { ranSec: ran / NS_PER_SEC, waitedSec: waited / NS_PER_SEC });
    } catch {
      // It has ended since it was listed; the others still count.
    }
  }
  return times;
};

/** How long the thread that ran most between two looks had to wait for a core; NaN where nobody says. */
export const waitedSecOf = (before: ThreadTimes, after: ThreadTimes): number => {
  let most = 0;
  let waited = Number.NaN;
  for (const [thread, { ranSec, waitedSec }] of after) {
    const start = before.get(thread) ?? { ranSec: 0, waitedSec: 0 };
    if (ranSec - start.ranSec <= most) continue;
    most = ranSec - start.ranSec;
    waited = waitedSec - start.waitedSec;
  }
  return waited;
};

/** CPU seconds of all children of this process that have ended. */
export const endedChildrenCpuSec = (): number => ticks('self', CHILDREN_UTIME);
