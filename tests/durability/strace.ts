import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Why what needs strace is left out; false where it can run. */
export const noStrace: string | false =
  spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0
    ? false
    : 'strace is not installed or may not trace (it runs on Linux only)';

/** The command under which a service is traced. The service keeps its process: strace watches from beside it. */
export const straceCommand = (tracePath: string, ...options: string[]): string[] => {
  return ['strace', '-D', '-f', '-yy', '--seccomp-bpf', '-o', tracePath, ...options];
};

/** A system call that has returned. */
export interface TracedCall {
  readonly name: string;
  /** The path of a file, `TCP:[server->client]` of a socket. */
  readonly file: string;
  /** All arguments, as strace prints them. */
  readonly text: string;
  /** Negative where it failed. */
  readonly result: number;
  /** Lines of the trace at which it began and had returned. Lines are in the order in which things happened. */
  readonly began: number;
  readonly ended: number;
  /** Made to fail by strace. */
  readonly isInjected: boolean;
}

const CALL = /^(\d+) +(\w+)\((.*)$/;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)$/;
const UNFINISHED = ' <unfinished ...>';
const RESULT = /\) += (-?\d+)/g;
const FILE = /^\d+<((?:->|[^>])*)>/;

/** The calls of a trace whose process has ended, in the order in which they began. */
export const readTrace = async (tracePath: string, pid: number): Promise<TracedCall[]> => {
  const ending = new RegExp(`^${pid} +\\+\\+\\+ `, 'm');
  let trace = readFileSync(tracePath, 'latin1');
  // strace writes its last lines after the process that we waited for has ended.
  for (; !ending.test(trace); trace = readFileSync(tracePath, 'latin1')) await delay(10);
  return callsOf(trace.split('\n'));
};

const callsOf = (lines: readonly string[]): TracedCall[] => {
  const calls: TracedCall[] = [];
  const unfinished = new Map<string, { name: string; text: string; began: number }>();
  for (const [i, line] of lines.entries()) {
    const resumed = RESUMED.exec(line);
    const [, thread, name, rest] = resumed ?? CALL.exec(line) ?? [];
    if (thread === undefined) continue;
    if (rest.endsWith(UNFINISHED)) {
      unfinished.set(thread, { name, text: rest.slice(0, -UNFINISHED.length), began: i });
      continue;
    }
    const begun = resumed === null ? { name, text: '', began: i } : unfinished.get(thread);
    if (begun === undefined) continue;
    unfinished.delete(thread);
    const text = begun.text + rest;
    const result = [...text.matchAll(RESULT)].at(-1)?.[1];
    // Killed inside the call.
    if (result === undefined) continue;
    const file = FILE.exec(text)?.[1] ?? '';
    const isInjected = text.endsWith('(INJECTED)');
    calls.push({ name, file, text, result: Number(result), began: begun.began, ended: i, isInjected });
  }
  return calls.sort((a, b) => a.began - b.began);
};
