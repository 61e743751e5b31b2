import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endProcess } from './child.ts';
import { cpuSecOf, type ThreadTimes, threadTimesOf } from './cpu-time.ts';
import { pinned } from './placement.ts';

export const MAIN = join(import.meta.dirname, '../src/cli/main.ts');
const START_MS_MAX = 120_000;

/** A real Beckon: in a process of its own, or one that somebody else runs. */
export class Service {
  readonly url: string;
  /** `host:port` */
  readonly grpc: string;
  private readonly process: ChildProcess | undefined;

  private constructor(url: string, grpc: string, child: ChildProcess | undefined) {
    this.url = url;
    this.grpc = grpc;
    this.process = child;
  }

  /** One that runs already. What it takes of a CPU is not known, and nobody ends it. @param grpc `host:port`, or nothing */
  static at(url: string, grpc: string): Service {
    return new Service(url, grpc, undefined);
  }

  /** @param profileFolder where each thread leaves a CPU profile when it ends; none without it */
  static async start(dataDir: string, core: number | undefined, profileFolder?: string): Promise<Service> {
    const profile = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
    const options = ['--data-dir', dataDir, '--http-port', '0', '--grpc-port', '0', '--admin-port', '0'];
    const [file, args] = pinned(core, [process.execPath, ...profile, MAIN, 'start', ...options]);
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ready = new Promise<{ http: string; grpc: string }>((resolve, reject) => {
      createInterface(child.stdout).on('line', (line) => {
        const entry = JSON.parse(line) as { msg: string; http: string; grpc: string };
        if (entry.msg === 'ready') resolve(entry);
      });
      child.once('exit', (code) => reject(new Error(`the service ended with ${code} before it was ready`)));
      setTimeout(() => reject(new Error('the service was not ready within two minutes')), START_MS_MAX).unref();
    });
    try {
      const { http, grpc } = await ready;
      return new Service(`http://${http}`, grpc, child);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  cpuSec(): number {
    return this.process === undefined ? Number.NaN : cpuSecOf(this.process.pid as number);
  }

  /** None of one that somebody else runs. */
  threadTimes(): ThreadTimes {
    return this.process === undefined ? new Map() : threadTimesOf(this.process.pid as number);
  }

  /** @throws where the answer is not 2xx */
  async ask<T>(path: string, body?: unknown): Promise<T> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(`${this.url}${path}`, body === undefined ? {} : init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  async stop(): Promise<void> {
    const child = this.process;
    if (child !== undefined) await endProcess(child, () => child.kill('SIGTERM'));
  }
}
