import { cpSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from './child.ts';
import type { Load, LoadResult } from './children/client.ts';
import type { GrpcLoad } from './children/grpc-client.ts';
import { todayMs, writeOrders } from './orders.ts';
import { writePeople } from './people.ts';
import type { Placement } from './placement.ts';
import { replayFile } from './replay-file.ts';
import { runCommand } from './run-command.ts';
import type { Sample } from './sample.ts';
import { Service } from './service.ts';
import type { Size } from './size.ts';

const SEED = 20_260;
export const REPORTS = join(import.meta.dirname, 'reports');

/** `f_type` of file systems in memory, on which a sync costs nothing. */
const TMPFS = 0x01021994;

/** Somebody's own service, in the place of one that the bench starts. */
export interface Deployment {
  /** `http://host:port` */
  readonly url: string;
  /** `host:port`, or nothing. */
  readonly grpc: string;
  /** Whether its customers are to be made first, and events posted. */
  readonly isFilled: boolean;
}

/** What differs from the plain way. */
export interface BenchSettings {
  readonly deployment?: Deployment;
  /** Where each thread of the service leaves a CPU profile when it ends. */
  readonly profileFolder?: string;
}

/** What rows share: the orders, the state made of them, the service over it, and the client. Made when first asked for. */
export class Bench {
  readonly size: Size;
  readonly placement: Placement;
  /** A folder beside the reports and not in the system's one for temporary files, which is often kept in memory. */
  readonly folder: string;
  /** How events are made durable, and where. */
  readonly durability: string;
  private readonly settings: BenchSettings;
  private readonly ends: (() => Promise<void>)[] = [];
  private readonly made = new Map<string, Promise<unknown>>();
  private copies = 0;

  constructor(size: Size, where: Placement, settings: BenchSettings = {}) {
    this.size = size;
    this.placement = where;
    this.settings = settings;
    mkdirSync(REPORTS, { recursive: true });
    this.folder = mkdtempSync(join(REPORTS, 'run-'));
    const place = statfsSync(this.folder).type === TMPFS ? 'IN MEMORY: a sync costs nothing' : 'on disk';
    this.durability =
      settings.deployment === undefined
        ? `SQLite write-ahead log, synchronous=FULL, ${place}`
        : 'as the deployment is set up';
  }

  /** Orders, one structured CloudEvent a line. */
  ordersFile(): Promise<string> {
    return this.once('orders', async () => {
      const path = join(this.folder, 'orders.ndjson');
      writeOrders(path, this.size.orders, this.size.customers, SEED);
      return path;
    });
  }

  /** A data directory of the caller's own, that holds the orders. */
  async dataDir(): Promise<string> {
    const loaded = await this.once('loaded', async () => {
      const path = join(this.folder, 'loaded');
      await replayFile(await this.ordersFile(), path, undefined);
      return path;
    });
    return this.copyOf(loaded);
  }

  private copyOf(dataDir: string): string {
    const copy = join(this.folder, `data-${this.copies++}`);
    cpSync(dataDir, copy, { recursive: true });
    return copy;
  }

  /** What makes the customers people who can be contacted. */
  private peopleFile(): string {
    const path = join(this.folder, 'people.ndjson');
    writePeople(path, this.size.customers, todayMs());
    return path;
  }

  /** A data directory of the caller's own, of people who can be contacted and their orders. */
  async peopleDir(): Promise<string> {
    const loaded = await this.once('people', async () => {
      const path = await this.dataDir();
      await replayFile(this.peopleFile(), path, undefined);
      return path;
    });
    return this.copyOf(loaded);
  }

  service(): Promise<Service> {
    return this.once('service', async () => {
      const service = await this.startService(this.settings);
      this.ends.push(() => service.stop());
      return service;
    });
  }

  private async startService({ deployment, profileFolder }: BenchSettings): Promise<Service> {
    if (deployment === undefined)
      return Service.start(await this.peopleDir(), this.placement.serverCore, profileFolder);
    const { url, grpc, isFilled } = deployment;
    if (isFilled)
      for (const path of [await this.ordersFile(), this.peopleFile()])
        await runCommand(['replay', path, '--format', 'cloudevents', '--url', url], undefined);
    return Service.at(url, grpc);
  }

  /** A process that is measured. The caller stops it. */
  measuredChild(file: string): Child {
    return new Child(file, this.placement.serverCore);
  }

  /**
   * A process that is measured by several rows, and opened once; it ends with the bench.
   * @param name of what it holds @param asked what it is opened with
   */
  sharedChild<T>(file: string, name: string, asked: () => Promise<unknown>): Promise<{ child: Child; opened: T }> {
    return this.once(`${file} ${name}`, async () => {
      const child = this.measuredChild(file);
      this.ends.push(() => child.stop());
      return { child, opened: await child.ask<T>('open', await asked()) };
    });
  }

  /** Loads a server from the client's process. @param cpuSec of the server so far */
  load(load: Load, cpuSec: () => number): Promise<Sample> {
    return this.loadFrom('client.ts', load, cpuSec);
  }

  /** The same over gRPC. */
  loadGrpc(load: GrpcLoad, cpuSec: () => number): Promise<Sample> {
    return this.loadFrom('grpc-client.ts', load, cpuSec);
  }

  private async loadFrom(file: string, load: Load | GrpcLoad, cpuSec: () => number): Promise<Sample> {
    const client = await this.once(file, async () => {
      const child = new Child(file, this.placement.clientCore);
      this.ends.push(() => child.stop());
      return child;
    });
    const before = cpuSec();
    const result = await client.ask<LoadResult>('load', load);
    return { ...result, cpuSec: cpuSec() - before };
  }

  /** Also while rows run, which then fail. */
  async close(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What rows share is made when it is first asked for. */
  once<T>(name: string, make: () => Promise<T>): Promise<T> {
    let made = this.made.get(name);
    if (made === undefined) {
      made = make();
      this.made.set(name, made);
    }
    return made as Promise<T>;
  }
}
