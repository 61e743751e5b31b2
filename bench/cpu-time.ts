import { readFileSync } from 'node:fs';

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

/** CPU seconds of all children of this process that have ended. */
export const endedChildrenCpuSec = (): number => ticks('self', CHILDREN_UTIME);
