import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a thread did. */
export interface ThreadProfile {
  /** Seconds in which it did not wait. */
  readonly busySec: number;
  /** The functions that took the most time themselves, greatest first, as parts of the busy time. */
  readonly top: readonly { readonly name: string; readonly part: number }[];
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const LINES = 30;
/** Waiting, and not work. */
const IDLE = /^(\((idle|program|root)\)|atomicsWaitLoop )/;
const ROOT = join(import.meta.dirname, '..');

/** The threads that left a CPU profile in a folder, busiest first. */
export const threadProfiles = (folder: string): ThreadProfile[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => profileOf(JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile))
    .sort((a, b) => b.busySec - a.busySec);

/** The same for a terminal. */
export const profileText = ({ busySec, top }: ThreadProfile): string =>
  [
    `busy ${busySec.toFixed(1)} s`,
    ...top.map(({ name, part }) => `${(part * 100).toFixed(1).padStart(5)} %  ${name}`),
  ].join('\n');

const profileOf = ({ nodes, samples, timeDeltas }: CpuProfile): ThreadProfile => {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let busyUs = 0;
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) as string;
    if (IDLE.test(name)) continue;
    busyUs += timeDeltas[i];
    times.set(name, (times.get(name) ?? 0) + timeDeltas[i]);
  }
  const top = [...times].sort(([, a], [, b]) => b - a).slice(0, LINES);
  return { busySec: busyUs / 1e6, top: top.map(([name, us]) => ({ name, part: us / busyUs })) };
};

const nameOf = ({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string => {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name}  ${url.replace(/^file:\/\//, '').replace(`${ROOT}/`, '')}:${lineNumber + 1}`;
};
