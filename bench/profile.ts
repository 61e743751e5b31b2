import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

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

/** The functions that took the most time themselves, for each CPU profile in a folder. */
export const profileSummary = (folder: string): string =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => `${name}\n${topOf(JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile)}`)
    .join('\n\n');

const topOf = ({ nodes, samples, timeDeltas }: CpuProfile): string => {
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
  const lines = top.map(([name, us]) => `${((us / busyUs) * 100).toFixed(1).padStart(5)} %  ${name}`);
  return [`busy ${(busyUs / 1e6).toFixed(1)} s`, ...lines].join('\n');
};

const nameOf = ({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string => {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name}  ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`;
};
