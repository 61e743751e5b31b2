import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PlatformaticClient } from '../../src/log/platformatic-client.ts';
import { freePort } from './free-port.ts';
import type { Owner } from './service.ts';

/** A busy machine needs some 40 s. */
const START_MS_MAX = 120_000;
const LOOK_MS = 200;

/** A way in beside the plain one, by TLS and SASL. */
export interface GuardedListener {
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  /** For Kafka's tool that makes its storage: the users. */
  readonly format: readonly string[];
}

/** One Apache Kafka, broker and controller in one process, that its owner may kill. */
export class KafkaBroker {
  readonly address: string;
  readonly #libs: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  /**
   * @param libs folder of Kafka's jars
   * @param folder of its own, for settings, data and what it says
   */
  static async start(owner: Owner, libs: string, folder: string, guarded?: GuardedListener): Promise<KafkaBroker> {
    const [port, controllerPort] = [await freePort(), await freePort()];
    mkdirSync(folder, { recursive: true });
    const broker = new KafkaBroker(libs, folder, port);
    writeFileSync(broker.#settings, settingsOf(folder, port, controllerPort, guarded));
    const id = randomBytes(16).toString('base64url');
    const { status, stdout, stderr } = spawnSync(
      'java',
      [
        ...broker.#java('256m'),
        ...['kafka.tools.StorageTool', 'format', '-t', id, '-c', broker.#settings],
        ...(guarded?.format ?? []),
      ],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`Kafka's storage cannot be made: ${stdout}${stderr}`);
    owner.after(() => broker.kill9());
    await broker.start();
    return broker;
  }

  private constructor(libs: string, folder: string, port: number) {
    this.#libs = libs;
    this.#folder = folder;
    this.address = `127.0.0.1:${port}`;
  }

  /** @returns when it answers */
  async start(): Promise<void> {
    const log = openSync(join(this.#folder, 'broker.log'), 'a');
    const child = spawn('java', [...this.#java('512m'), 'kafka.Kafka', this.#settings], {
      stdio: ['ignore', log, log],
    });
    this.#process = child;
    const client = new PlatformaticClient({ brokers: [this.address], clientId: 'starting' });
    try {
      const untilMs = performance.now() + START_MS_MAX;
      while (performance.now() < untilMs && child.exitCode === null) {
        try {
          await client.topic('none');
          return;
        } catch {
          await delay(LOOK_MS);
        }
      }
    } finally {
      await client.close();
    }
    throw new Error(`Kafka does not answer:\n${readFileSync(join(this.#folder, 'broker.log'), 'utf8').slice(-4000)}`);
  }

  async kill9(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  get #settings(): string {
    return join(this.#folder, 'server.properties');
  }

  #java(heap: string): string[] {
    const flags = [`-Xms${heap}`, `-Xmx${heap}`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
    return [...flags, '-cp', join(this.#libs, '*')];
  }
}

const settingsOf = (folder: string, port: number, controllerPort: number, guarded?: GuardedListener): string => {
  const listeners = [
    `PLAINTEXT://127.0.0.1:${port}`,
    ...(guarded === undefined ? [] : [`SASL_SSL://127.0.0.1:${guarded.port}`]),
  ].join(',');
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `${listeners},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': listeners,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // A broker that was killed may come back at once, not after 15 s.
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
    ...guarded?.settings,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
};
