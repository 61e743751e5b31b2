import { readdirSync, readFileSync } from 'node:fs';
import { cpuSecOf } from '../cpu-time.ts';

const PARENT = 1;

/** A process and all that it has started. */
const treeOf = (root: number): number[] => {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[PARENT]);
      children.set(parent, [...(children.get(parent) ?? []), pid]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const tree = [root];
  for (let i = 0; i < tree.length; i++) tree.push(...(children.get(tree[i]) ?? []));
  return tree;
};

/** CPU seconds of a process and of all that it has started and that still run; NaN where the system does not say. */
export const treeCpuSec = (root: number): number =>
  treeOf(root).reduce((sum, pid) => sum + (cpuSecOf(pid) || 0), 0) || Number.NaN;

/** Bytes of memory of the same. What they share counts for each. */
export const treeResidentBytes = (root: number): number =>
  treeOf(root).reduce((sum, pid) => {
    try {
      return sum + 1024 * Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      return sum;
    }
  }, 0);
