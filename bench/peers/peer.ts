import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess } from '../child.ts';
import { pinned } from '../placement.ts';
import type { RowForm } from '../traffic/row-traffic.ts';
import { treeCpuSec, treeResidentBytes } from './process-tree.ts';
import { pythonWith } from './python.ts';

/** What users would take instead. */
export interface Peer {
  readonly name: string;
  readonly path: string;
  readonly form: RowForm;
  /** Path of what tells by a 2xx that it is ready. */
  readonly readyPath: string;
  /** @throws Error where it cannot run here, with the reason */
  command(at: PeerPlace): readonly string[];
  /** A server beside it, that it needs. */
  beside?(at: PeerPlace): readonly string[];
}

export interface PeerPlace {
  readonly model: string;
  readonly port: number;
  /** Of what runs beside it. */
  readonly besidePort: number;
  /** Where it may write; also what is installed for it. */
  readonly folder: string;
  /** That makes environments. */
  readonly python: string;
  readonly customers: number;
}

const SERVERS = join(import.meta.dirname, 'servers');
const START_MS_MAX = 180_000;
const LOOK_MS = 50;

const pythonOf = (list: string, { folder, python }: PeerPlace): string =>
  pythonWith(join(import.meta.dirname, `requirements-${list}.txt`), join(folder, list), python);

export const PEERS: readonly Peer[] = [
  {
    name: 'Fastify + onnxruntime-node',
    path: '/score',
    form: 'rows',
    readyPath: '/',
    command: ({ model, port }) => [process.execPath, join(SERVERS, 'fastify-onnx.ts'), model, String(port)],
  },
  {
    name: 'FastAPI + orjson + onnxruntime',
    path: '/score',
    form: 'rows',
    readyPath: '/',
    command: (at) => [pythonOf('fastapi', at), join(SERVERS, 'fastapi_onnx.py'), at.model, String(at.port)],
  },
  {
    name: 'Triton core (nvidia-pytriton)',
    path: '/v2/models/scores/infer',
    form: 'tensor',
    readyPath: '/v2/models/scores/ready',
    command: (at) => [pythonOf('triton', at), join(SERVERS, 'triton_core.py'), at.model, String(at.port)],
  },
  {
    name: 'Feast + Redis, features only',
    path: '/get-online-features',
    form: 'feast',
    readyPath: '/health',
    command: (at) => {
      const { model, port, besidePort, folder, customers } = at;
      const rest = [port, besidePort].map(String);
      return [
        pythonOf('feast', at),
        join(SERVERS, 'feast_redis.py'),
        model,
        ...rest,
        join(folder, 'store'),
        `${customers}`,
      ];
    },
    beside: ({ besidePort }) => {
      if (spawnSync('redis-server', ['--version']).status !== 0)
        throw new Error('there is no redis-server on the path');
      return ['redis-server', '--port', String(besidePort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    },
  },
];

/** A peer that runs, on a core. */
export class RunningPeer {
  readonly url: string;
  readonly startSec: number;
  private readonly processes: readonly ChildProcess[];

  private constructor(url: string, startSec: number, processes: readonly ChildProcess[]) {
    this.url = url;
    this.startSec = startSec;
    this.processes = processes;
  }

  /** @throws Error where it cannot run here, or does not become ready within three minutes */
  static async start(peer: Peer, at: PeerPlace, core: number | undefined): Promise<RunningPeer> {
    // Installing is not starting.
    const beside = peer.beside?.(at);
    const command = peer.command(at);
    const startMs = performance.now();
    const processes = [beside, command].flatMap((line) => {
      if (line === undefined) return [];
      const [file, args] = pinned(core, line);
      const env = { ...process.env, OMP_NUM_THREADS: '1', FEAST_USAGE: 'False' };
      return [spawn(file, args, { cwd: at.folder, env, stdio: ['ignore', 'ignore', 'inherit'] })];
    });
    const url = `http://127.0.0.1:${at.port}`;
    try {
      await readyAt(`${url}${peer.readyPath}`, processes);
    } catch (error) {
      await end(processes);
      throw error;
    }
    return new RunningPeer(url, (performance.now() - startMs) / 1000, processes);
  }

  cpuSec(): number {
    return this.processes.reduce((sum, { pid }) => sum + treeCpuSec(pid as number), 0);
  }

  residentBytes(): number {
    return this.processes.reduce((sum, { pid }) => sum + treeResidentBytes(pid as number), 0);
  }

  stop(): Promise<void> {
    return end(this.processes);
  }
}

const readyAt = async (url: string, processes: readonly ChildProcess[]): Promise<void> => {
  const endMs = performance.now() + START_MS_MAX;
  for (;;) {
    const isUp = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isUp) return;
    if (processes.some(({ exitCode }) => exitCode !== null)) throw new Error('it ended before it was ready');
    if (performance.now() > endMs) throw new Error(`it did not answer at ${url} within ${START_MS_MAX} ms`);
    await delay(LOOK_MS);
  }
};

const end = async (processes: readonly ChildProcess[]): Promise<void> => {
  for (const child of processes.toReversed()) await endProcess(child, () => child.kill('SIGTERM'));
};
